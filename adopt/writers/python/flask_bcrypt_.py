"""Flask-Bcrypt, with and without BCRYPT_HANDLE_LONG_PASSWORDS, which hashes the SHA-256
of a password, as hex."""

from importlib.metadata import version

from flask import Flask
from flask_bcrypt import Bcrypt

from pairs import PASSWORDS, USUAL, write

WRITER = f"Flask-Bcrypt {version('flask-bcrypt')}"


def bcrypt(**config):
    app = Flask("writer")
    app.config.update(config)
    return Bcrypt(app)


def hash_by(name, extension, passwords, settings=None, **options):
    write(WRITER, name, lambda password: extension.generate_password_hash(password, **options),
          lambda password, stored: extension.check_password_hash(stored, password), passwords, settings)


plain, long = bcrypt(), bcrypt(BCRYPT_HANDLE_LONG_PASSWORDS=True)
hash_by("bcrypt", plain, PASSWORDS, rounds=4)
hash_by("bcrypt, $2a$", plain, PASSWORDS[:20], rounds=4, prefix=b"2a")
hash_by("long passwords", long, PASSWORDS, {"bcrypt-long-passwords": "on"}, rounds=4)
hash_by("as it comes", plain, USUAL[:1])
# What an older driver and a str() too many leave in the table.
write(WRITER, "b'...'", lambda password: str(plain.generate_password_hash(password, rounds=4)),
      lambda password, stored: plain.check_password_hash(stored[2:-1], password), PASSWORDS[:20])
