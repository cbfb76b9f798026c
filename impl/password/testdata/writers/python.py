"""Hashes by passlib, Django, argon2-cffi, Flask-Security-Too, Flask-Bcrypt and drupal-hash-utility."""
import base64, hashlib, hmac, json

import argon2
import django
from django.conf import settings

settings.configure(PASSWORD_HASHERS=[
    "django.contrib.auth.hashers." + name for name in (
        "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher",
        "MD5PasswordHasher", "BCryptSHA256PasswordHasher", "BCryptPasswordHasher", "ScryptPasswordHasher")])
django.setup()
from django.contrib.auth import hashers
from passlib import hash as passlib
import passlib as passlib_module
from drupal_hash_utility import DrupalHashUtility

PASSWORDS = ["correct horse", "pässwörd-密码", "x" * 72, "  blanks around  ", "q"]


def tell(writer, form, password, stored, match, **more):
    print(json.dumps(dict(writer=writer, form=form, password=password, hash=stored, match=bool(match), **more), ensure_ascii=False))


def both(writer, form, make, check, passwords=PASSWORDS, **more):
    for password in passwords:
        stored = make(password)
        for typed in (password, password + "x", "", password[:-1] + "\u00e9"):
            tell(writer, form, typed, stored, check(typed, stored), **more)


def of_passlib(name, handler, passwords=PASSWORDS, **more):
    both("passlib " + passlib_module.__version__, name, handler.hash, lambda p, s: handler.verify(p, s), passwords, **more)


of_passlib("pbkdf2", passlib.pbkdf2_sha1.using(rounds=1200))
of_passlib("pbkdf2-sha256", passlib.pbkdf2_sha256.using(rounds=900))
of_passlib("pbkdf2-sha256, no salt", passlib.pbkdf2_sha256.using(rounds=900, salt_size=0))
of_passlib("pbkdf2-sha512", passlib.pbkdf2_sha512.using(rounds=700, salt_size=64))
of_passlib("scrypt", passlib.scrypt.using(rounds=6, block_size=8, parallelism=2))
of_passlib("bcrypt-sha256 v1", passlib.bcrypt_sha256.using(rounds=4, version=1), PASSWORDS + ["long " * 30])
of_passlib("bcrypt-sha256 v2", passlib.bcrypt_sha256.using(rounds=4), PASSWORDS + ["long " * 30])
of_passlib("md5-crypt", passlib.md5_crypt, PASSWORDS + ["long " * 30])
of_passlib("apr1-crypt", passlib.apr_md5_crypt, PASSWORDS + ["long " * 30])
of_passlib("sha256-crypt", passlib.sha256_crypt.using(rounds=1000), PASSWORDS + ["long " * 30])
of_passlib("sha256-crypt, 5000", passlib.sha256_crypt.using(rounds=5000))
of_passlib("sha512-crypt", passlib.sha512_crypt.using(rounds=1001), PASSWORDS + ["long " * 30])
of_passlib("sha512-crypt, 5000", passlib.sha512_crypt.using(rounds=5000))
of_passlib("phpass", passlib.phpass.using(rounds=7), PASSWORDS + ["long " * 30])
of_passlib("phpass of phpBB", passlib.phpass.using(rounds=8, ident="H"))
of_passlib("ldap SSHA", passlib.ldap_salted_sha1)
of_passlib("ldap SSHA256", passlib.ldap_salted_sha256)
of_passlib("ldap SSHA512", passlib.ldap_salted_sha512)
of_passlib("ldap SMD5", passlib.ldap_salted_md5)
of_passlib("ldap SHA", passlib.ldap_sha1, bare="sha1")
of_passlib("ldap MD5", passlib.ldap_md5, bare="md5")
of_passlib("ldap CRYPT md5", passlib.ldap_md5_crypt)
of_passlib("ldap CRYPT sha512", passlib.ldap_sha512_crypt.using(rounds=1000))
of_passlib("ldap CRYPT bcrypt", passlib.ldap_bcrypt.using(rounds=4), ["correct horse", "q"])
of_passlib("django md5", passlib.django_salted_md5)
of_passlib("django sha1", passlib.django_salted_sha1)
of_passlib("mysql", passlib.mysql41)
of_passlib("bare md5", passlib.hex_md5, bare="md5")
of_passlib("bare sha1", passlib.hex_sha1, bare="sha1")
of_passlib("bare sha256", passlib.hex_sha256, bare="sha256")
of_passlib("bare sha512", passlib.hex_sha512, bare="sha512")

for variant in argon2.Type:
    for lanes, memory in ((1, 64), (4, 96), (16, 200)):
        hasher = argon2.PasswordHasher(time_cost=3, memory_cost=memory, parallelism=lanes, type=variant)

        def check(password, stored):
            try:
                return hasher.verify(stored, password)
            except argon2.exceptions.VerifyMismatchError:
                return False
        both("argon2-cffi " + argon2.__version__, "argon2" + variant.name.lower(), hasher.hash, check)

for name, change in {"md5": {}, "pbkdf2_sha256": dict(iterations=800), "pbkdf2_sha1": dict(iterations=900),
                     "argon2": dict(time_cost=2, memory_cost=128, parallelism=8), "bcrypt": dict(rounds=4), "bcrypt_sha256": dict(rounds=4),
                     "scrypt": dict(work_factor=64, parallelism=5)}.items():
    hasher = hashers.get_hasher(name)
    for attribute, value in change.items():
        setattr(hasher, attribute, value)
    passwords = PASSWORDS + ["long " * 30] * (name != "bcrypt")
    both("Django " + django.__version__, "django " + name, lambda p: hasher.encode(p, hasher.salt()), hasher.verify,
         [p for p in passwords if name != "bcrypt" or len(p) < 70])

# Flask-Security's get_hmac, and what passlib makes of it.
from flask import Flask
from flask_security import Security
from flask_security.utils import hash_password, verify_password
from importlib.metadata import version

SALT = "146585145368132386173505678016728509634"
for scheme, options in {"bcrypt": {"bcrypt__rounds": 4}, "argon2": {"argon2__rounds": 2, "argon2__memory_cost": 64},
                        "pbkdf2_sha512": {"pbkdf2_sha512__rounds": 600}, "sha512_crypt": {"sha512_crypt__rounds": 1000}}.items():
    app = Flask("x")
    app.config.update(SECRET_KEY="x", SECURITY_PASSWORD_SALT=SALT, SECURITY_PASSWORD_HASH=scheme,
                      SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=options, SECURITY_PASSWORD_SCHEMES=[scheme, "plaintext"],
                      SECURITY_DEPRECATED_PASSWORD_SCHEMES=[])

    class Store:  # as much of a data store as Security looks at before it is asked for a user
        db = role_model = None
        user_model = type("User", (), {"fs_uniquifier": None, "fs_token_uniquifier": None})

        def __getattr__(self, name):
            return lambda *a, **k: None
    Security(app, Store(), register_blueprint=False)
    with app.app_context():
        both("Flask-Security-Too " + version("flask-security-too"), "flask-security " + scheme, hash_password, verify_password,
             PASSWORDS + ["long " * 30], flask_security_salt=SALT)

from flask_bcrypt import Bcrypt
app = Flask("y")
app.config.update(BCRYPT_HANDLE_LONG_PASSWORDS=True, BCRYPT_LOG_ROUNDS=4)
bcrypt = Bcrypt(app)
both("Flask-Bcrypt " + version("flask-bcrypt"), "flask-bcrypt long", lambda p: bcrypt.generate_password_hash(p).decode(),
     lambda p, s: bcrypt.check_password_hash(s, p), PASSWORDS + ["long " * 30], bcrypt_long_passwords=True)
both("Flask-Bcrypt " + version("flask-bcrypt"), "flask-bcrypt long, printed", lambda p: str(bcrypt.generate_password_hash(p)),
     lambda p, s: bcrypt.check_password_hash(s[2:-1], p), PASSWORDS, bcrypt_long_passwords=True)

utility = DrupalHashUtility()
both("drupal-hash-utility " + version("drupal-hash-utility"), "drupal",
     utility.encode, lambda p, s: utility.verify(p, s))
# What Drupal 7 made of the digests that version 6 had left.
hexed = lambda p: hashlib.md5(p.encode()).hexdigest()
both("drupal-hash-utility " + version("drupal-hash-utility"), "drupal, taken over", lambda p: "U" + utility.encode(hexed(p)),
     lambda p, s: utility.verify(hexed(p), s[1:]), PASSWORDS[:2])

# A salt in a column of its own, and passwords as they are: there is no writer but the
# application itself.
for name in ("md5", "sha1", "sha256", "sha512"):
    for position in ("before", "after"):
        for password in PASSWORDS:
            salt = "s-" + position
            text = salt + password if position == "before" else password + salt
            stored = hashlib.new(name, text.encode()).hexdigest()
            for typed in (password, password + "x", "", salt):
                tell("hashlib", "column " + name, typed, stored, typed == password, bare=name, salt=salt, position=position)
for password in PASSWORDS:
    for typed in (password, password + "x", ""):
        tell("nobody", "bare text", typed, password, typed == password, bare="text")
