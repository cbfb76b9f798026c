"""passlib's handlers of the forms that stand in user tables."""

import passlib
import passlib.hash as known

from pairs import PASSWORDS, USUAL, write

# Which it loads at the first use, and then not for a handler with costs of its own.
known.argon2.get_backend()
known.scrypt.get_backend()

WRITER = f"passlib {passlib.__version__}"
# What bcrypt cannot read of a longer password some releases cut and some refuse.
HANDLERS = {
    "pbkdf2_sha1": {"rounds": 1000}, "pbkdf2_sha256": {"rounds": 1000}, "pbkdf2_sha512": {"rounds": 1000},
    "scrypt": {"rounds": 10}, "argon2": {"rounds": 1, "memory_cost": 1024, "parallelism": 2},
    "bcrypt": {"rounds": 4}, "bcrypt_sha256": {"rounds": 4},
    "md5_crypt": {}, "apr_md5_crypt": {}, "sha256_crypt": {"rounds": 1000}, "sha512_crypt": {"rounds": 1000},
    "phpass": {"rounds": 7}, "mysql41": {},
    "ldap_salted_sha1": {}, "ldap_salted_sha256": {}, "ldap_salted_sha512": {}, "ldap_sha1": {}, "ldap_salted_md5": {}, "ldap_md5": {},
    "ldap_md5_crypt": {}, "ldap_sha256_crypt": {"rounds": 1000}, "ldap_sha512_crypt": {"rounds": 1000}, "ldap_bcrypt": {"rounds": 4},
}
MORE = {
    "bcrypt_sha256, version 1": ("bcrypt_sha256", {"rounds": 4, "version": 1}),
    "bcrypt, $2a$": ("bcrypt", {"rounds": 4, "ident": "2a"}),
    "bcrypt, $2y$": ("bcrypt", {"rounds": 4, "ident": "2y"}),
    "phpass, $H$": ("phpass", {"rounds": 7, "ident": "H"}),
    "argon2i": ("argon2", {"rounds": 1, "memory_cost": 1024, "type": "i"}),
    "argon2d": ("argon2", {"rounds": 1, "memory_cost": 1024, "type": "d"}),
    "sha256_crypt, 5000 rounds": ("sha256_crypt", {"rounds": 5000}),
    "sha512_crypt, 5000 rounds": ("sha512_crypt", {"rounds": 5000}),
    "scrypt, more lanes": ("scrypt", {"rounds": 6, "block_size": 4, "parallelism": 3}),
}


def hash_by(name, handler, passwords):
    bare = {"ldap_sha1": {"bare-hashes": "sha1"}, "ldap_md5": {"bare-hashes": "md5"}}.get(name)
    write(WRITER, name, handler.hash, handler.verify, passwords, bare)


for name, costs in HANDLERS.items():
    handler = getattr(known, name)
    hash_by(name, handler.using(**costs) if costs else handler, PASSWORDS)
for name, (handler, costs) in MORE.items():
    hash_by(name, getattr(known, handler).using(**costs), PASSWORDS[:20])
for name in ("pbkdf2_sha512", "argon2", "scrypt", "bcrypt", "sha512_crypt", "phpass"):
    hash_by(f"{name} as it comes", getattr(known, name), USUAL[:1])
