"""Django's hashers: all of the release that is on the path."""

import importlib
import warnings

import django
from django.conf import settings

from pairs import PASSWORDS, USUAL, write

warnings.simplefilter("ignore")
MODULE = "django.contrib.auth.hashers."
# Those that came and went with releases are tried where they are.
HASHERS = ["PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "BCryptSHA256PasswordHasher", "BCryptPasswordHasher",
           "ScryptPasswordHasher", "SHA1PasswordHasher", "MD5PasswordHasher", "UnsaltedSHA1PasswordHasher", "UnsaltedMD5PasswordHasher"]
CHEAP = {"iterations": 1000, "rounds": 4, "work_factor": 1024, "time_cost": 1, "memory_cost": 1024, "parallelism": 8}

hashers = importlib.import_module("django.contrib.auth.hashers")
there = [name for name in HASHERS if hasattr(hashers, name)]
settings.configure(PASSWORD_HASHERS=[MODULE + name for name in there])
RELEASE = f"Django {django.get_version()}"


def hash_by(hasher, passwords, name):
    # Without a word of what it is, as with hashes that applications make by themselves.
    bare = {"bare-hashes": "md5"} if name == "unsalted_md5" else None
    write(RELEASE, name, lambda password: hasher.encode(password, hasher.salt()), hasher.verify, passwords, bare)


for name in there:
    usual = getattr(hashers, name)
    cheap = type(name, (usual,), {cost: value for cost, value in CHEAP.items() if hasattr(usual, cost)})
    # Django writes no salt with these two.
    if name.startswith("Unsalted"):
        cheap.salt = lambda self: ""
    hash_by(cheap(), PASSWORDS, usual.algorithm)
write(RELEASE, "as it comes", hashers.make_password, hashers.check_password, USUAL)
