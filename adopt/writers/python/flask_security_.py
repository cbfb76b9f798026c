"""Flask-Security's hash_password: by default it hashes an HMAC of the password, whose
key is the application's SECURITY_PASSWORD_SALT. Forms normalize what is typed first."""

from importlib.metadata import version

from flask import Flask
from flask_security import Security, UserDatastore
from flask_security.utils import get_hmac, hash_password, verify_password

from pairs import PASSWORDS, write

WRITER = f"Flask-Security-Too {version('flask-security-too')}"
SALT = "146585145368132386173505678016728509634"
SCHEMES = ["argon2", "bcrypt", "pbkdf2_sha512", "pbkdf2_sha256", "sha512_crypt"]
CHEAP = {"argon2__rounds": 1, "argon2__memory_cost": 1024, "argon2__parallelism": 2, "bcrypt__rounds": 4,
         "pbkdf2_sha512__rounds": 1000, "pbkdf2_sha256__rounds": 1000, "sha512_crypt__rounds": 1000}


class Role:
    """Hashing asks no database, but Flask-Security wants to know of one."""


class User:
    fs_uniquifier = None


def application(scheme, **more):
    app = Flask(scheme)
    app.config.update(SECRET_KEY="not used here", SECURITY_PASSWORD_SALT=SALT, SECURITY_PASSWORD_HASH=scheme,
                      SECURITY_PASSWORD_SCHEMES=SCHEMES, SECURITY_DEPRECATED_PASSWORD_SCHEMES=[], SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP, **more)
    Security(app, UserDatastore(User, Role), register_blueprint=False)
    return app


for scheme in SCHEMES:
    with application(scheme).app_context():
        write(WRITER, f"HMAC, {scheme}", hash_password, verify_password, settings={"flask-security-salt-file": SALT})
    with application(scheme, SECURITY_PASSWORD_SINGLE_HASH=[scheme]).app_context():
        write(WRITER, f"no HMAC, {scheme}", hash_password, verify_password, PASSWORDS[:20])
