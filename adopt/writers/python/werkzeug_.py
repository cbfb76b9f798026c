"""Werkzeug's generate_password_hash, of whichever release is on the path."""

import warnings
from importlib.metadata import version

from werkzeug.security import check_password_hash, generate_password_hash

from pairs import PASSWORDS, USUAL, write

warnings.simplefilter("ignore")
RELEASE = version("werkzeug")
NUMBER = tuple(int(part) for part in RELEASE.split(".")[:2])
METHODS = ["pbkdf2:sha1:1000", "pbkdf2:sha256:1000", "pbkdf2:sha512:1000"]
FEW = ["pbkdf2:sha224:1000", "pbkdf2:sha384:1000", "pbkdf2:md5:1000", "pbkdf2:sha3_256:1000"]
if NUMBER >= (2, 3):
    METHODS += ["scrypt:1024:8:1"]
    FEW += ["scrypt:64:8:16", "scrypt:1024:1:1"]
if NUMBER < (3, 0):
    METHODS += ["sha1", "md5", "sha256", "plain"]
    FEW += ["sha512", "sha224"]


def form(method):
    return method.rstrip("0123456789:") if method.startswith("pbkdf2") else method.split(":")[0]


def hash_as(method, passwords, name):
    def encode(password):
        # From 2.0 to 2.3 such a password can be stored, and nobody logs in with it.
        if method == "plain" and NUMBER >= (2, 0) and not password.isascii():
            raise ValueError("check_password_hash raises a TypeError")
        return generate_password_hash(password, method)

    def verify(password, stored):
        try:
            return check_password_hash(stored, password)
        except TypeError as raised:
            raise ValueError(raised) from raised

    write(f"Werkzeug {RELEASE}", name, encode, verify, passwords)


for m in METHODS:
    hash_as(m, PASSWORDS, form(m))
for m in FEW:
    hash_as(m, PASSWORDS[:12], form(m))
write(f"Werkzeug {RELEASE}", "as it comes", generate_password_hash, lambda password, stored: check_password_hash(stored, password), USUAL)
if NUMBER >= (2, 3):  # what may be set by hand, and takes 128 MiB
    hash_as("scrypt:65536:16:1" if NUMBER[0] == 3 else "scrypt:131072:8:1", USUAL[:1], "scrypt of 128 MiB")
