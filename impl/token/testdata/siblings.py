"""Writes tokens as other libraries make them with the secret of this package's tests.

siblings.jsonl has what this prints, one line for each of

    pip install Flask-JWT-Extended==3.25.1 PyJWT==1.7.1 Flask==1.1.4 Werkzeug==1.0.1 \\
        itsdangerous==1.1.0 Jinja2==2.11.3 MarkupSafe==2.0.1 freezegun==1.5.5
    pip install Flask-JWT-Extended==4.7.4 PyJWT==2.15.1 freezegun==1.5.5
    pip install djangorestframework-simplejwt==5.5.1 PyJWT==2.15.1 freezegun==1.5.5

in an environment of its own. It stands at 1700000000, the tests' clock.
"""

import json
import random
import sys
import uuid
import warnings
from datetime import datetime, timezone
from importlib import metadata

from freezegun import freeze_time

SECRET = "secret-key"
warnings.simplefilter("ignore")  # of its length


def flask_jwt_extended():
    import flask_jwt_extended as library
    from flask import Flask

    app = Flask("sibling")
    app.config["JWT_SECRET_KEY"] = SECRET
    app.config["JWT_IDENTITY_CLAIM"] = "identity"  # version 3's default, as Flask-JWT's tokens have it
    library.JWTManager(app)
    with app.app_context():
        for identity in [1, "1"]:
            yield "access", library.create_access_token(identity)
            yield "access", library.create_access_token(identity, fresh=True)
            yield "refresh", library.create_refresh_token(identity)


def simple_jwt():
    import django
    from django.conf import settings

    apps = ["django.contrib.contenttypes", "django.contrib.auth"]
    settings.configure(SIMPLE_JWT={"SIGNING_KEY": SECRET}, SECRET_KEY="x", USE_TZ=True, INSTALLED_APPS=apps)
    django.setup()
    from rest_framework_simplejwt import tokens

    for identity in [1, "1"]:
        for kind in [tokens.AccessToken, tokens.RefreshToken, tokens.SlidingToken]:
            token = kind()
            token["identity"] = identity
            token["nbf"] = token["iat"]  # it writes none, and without one it would be refused for that
            yield token.token_type, str(token)


def main():
    for name, make in [("Flask-JWT-Extended", flask_jwt_extended), ("djangorestframework-simplejwt", simple_jwt)]:
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        ids = random.Random(1)
        uuid.uuid4 = lambda: uuid.UUID(int=ids.getrandbits(128), version=4)
        with freeze_time(datetime.fromtimestamp(1700000000, timezone.utc)):
            for kind, token in make():
                token = token if isinstance(token, str) else token.decode()
                json.dump({"by": f"{name} {version}", "kind": kind, "token": token}, sys.stdout)
                print()


main()
