"""ASP.NET Identity's two forms as Microsoft's PasswordHasher documents them, written with
Python's hashlib: there is no .NET here, so this one is a second implementation and not
the original."""

import base64
import hashlib
import hmac
import os
import struct

from pairs import PASSWORDS, write

PRF = {"sha1": 0, "sha256": 1, "sha512": 2}


def version2(password):
    salt = os.urandom(16)
    return b64(b"\x00" + salt + hashlib.pbkdf2_hmac("sha1", password.encode(), salt, 1000, 32))


def version3(prf, rounds, size=16):
    def encode(password):
        salt = os.urandom(size)
        head = struct.pack(">BIII", 1, PRF[prf], rounds, size)
        return b64(head + salt + hashlib.pbkdf2_hmac(prf, password.encode(), salt, rounds, 32))
    return encode


def b64(data):
    return base64.b64encode(data).decode()


def verify(password, stored):
    blob = base64.b64decode(stored)
    if blob[0] == 0:
        return hmac.compare_digest(blob[17:], hashlib.pbkdf2_hmac("sha1", password.encode(), blob[1:17], 1000, 32))
    _, prf, rounds, size = struct.unpack(">BIII", blob[:13])
    name = {number: name for name, number in PRF.items()}[prf]
    salt, key = blob[13:13 + size], blob[13 + size:]
    return hmac.compare_digest(key, hashlib.pbkdf2_hmac(name, password.encode(), salt, rounds, len(key)))


WRITER = "ASP.NET Identity (second implementation)"
write(WRITER, "version 2", version2, verify)
write(WRITER, "version 3, sha256", version3("sha256", 1000), verify)
write(WRITER, "version 3, sha512", version3("sha512", 1000), verify)
write(WRITER, "version 3, sha1", version3("sha1", 1000), verify, PASSWORDS[:20])
write(WRITER, "version 3 as .NET 8 writes it", version3("sha512", 100_000), verify, PASSWORDS[:3])
