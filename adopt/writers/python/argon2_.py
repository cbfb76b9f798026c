"""argon2-cffi, which is the reference implementation's own code: each type, and up to 16
lanes. Version 16, of before 2016, is refused with a reason."""

from importlib.metadata import version

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.low_level import Type, hash_secret, verify_secret
import os

from pairs import PASSWORDS, USUAL, write

WRITER = f"argon2-cffi {version('argon2-cffi')}"
TYPES = {"argon2i": Type.I, "argon2d": Type.D, "argon2id": Type.ID}


def hash_by(name, kind, passwords, cost, memory, lanes, salt=16, size=32):
    def encode(password):
        return hash_secret(password.encode(), os.urandom(salt), cost, memory, lanes, size, kind)

    def verify(password, stored):
        try:
            return verify_secret(stored.encode(), password.encode(), kind)
        except VerificationError:
            return False

    write(WRITER, name, encode, verify, passwords)


for name, kind in TYPES.items():
    hash_by(name, kind, PASSWORDS, 1, 1024, 1)
    for lanes in (2, 3, 4, 8, 16):
        hash_by(f"{name}, {lanes} lanes", kind, PASSWORDS[:8], 2, 1024, lanes)
    hash_by(f"{name}, memory that lanes do not divide", kind, PASSWORDS[:8], 3, 1021, 3)
    hash_by(f"{name}, long salt and digest", kind, PASSWORDS[:8], 1, 64, 1, salt=32, size=64)
    hash_by(f"{name}, short salt and digest", kind, PASSWORDS[:8], 1, 64, 1, salt=8, size=16)


def right(password, stored):
    try:
        return PasswordHasher().verify(stored, password)
    except VerificationError:
        return False


write(WRITER, "as it comes", PasswordHasher().hash, right, USUAL)
