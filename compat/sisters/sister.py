"""One sister system: a real library that hands out tokens and takes them, asked by
JSON lines on standard input, each answered by one on standard output.

  {"do": "make", "of": LIBRARY, "kind": "access", "user": 1, ...}   {"token": ...}
  {"do": "ask", "of": LIBRARY, "token": ...}                        {"ok": true, "user": "1"}
  {"do": "about"}                                                    {"LIBRARY": "1.2.3", ...}

LIBRARY is flask-jwt-extended, simplejwt or pyjwt. What differs between their releases
is in here; what is asked of them in ../sisters.py. Settings are arguments: a JSON object
with "secret", "algorithm", "flask" (Flask's configuration) and "django" (SIMPLE_JWT).
With "frozen", a Unix time, freezegun stops the clock, and ids are always the same."""

import contextlib
import json
import random
import sys
import uuid
import warnings
from datetime import datetime, timedelta, timezone
from importlib import metadata

warnings.simplefilter("ignore")  # of short secrets, and of what is old
settings = json.loads(sys.argv[1])
secret, algorithm = settings["secret"], settings.get("algorithm", "HS256")


def text(token):
    return token.decode() if isinstance(token, bytes) else token


class FlaskJWTExtended:
    def __init__(self):
        import flask_jwt_extended as library
        from flask import Flask, jsonify

        self.library = library
        self.app = Flask("sister")
        self.app.config.update(JWT_SECRET_KEY=secret, JWT_ALGORITHM=algorithm, **settings.get("flask", {}))
        library.JWTManager(self.app)
        self.old = metadata.version("Flask-JWT-Extended").startswith("3.")
        guard = library.jwt_required if self.old else library.jwt_required()

        @self.app.route("/me")
        @guard
        def me():
            return jsonify(user=library.get_jwt_identity())

    def make(self, kind, user, fresh=None, claims=None, seconds=None):
        options = {} if claims is None else {"user_claims" if self.old else "additional_claims": claims}
        if seconds is not None:
            options["expires_delta"] = timedelta(seconds=seconds)
        if fresh is not None:
            options["fresh"] = fresh if isinstance(fresh, bool) else timedelta(seconds=fresh)
        make = {"access": self.library.create_access_token, "refresh": self.library.create_refresh_token}[kind]
        with self.app.test_request_context():
            return make(user, **options)

    def ask(self, token):
        answer = self.app.test_client().get("/me", headers={"Authorization": "Bearer " + token})
        if answer.status_code != 200:
            return None
        return answer.get_json()["user"]


class SimpleJWT:
    def __init__(self):
        import django
        from django.conf import settings as configured

        configured.configure(
            SIMPLE_JWT={"SIGNING_KEY": secret, "ALGORITHM": algorithm, **settings.get("django", {})}, SECRET_KEY="x", USE_TZ=True,
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"], ALLOWED_HOSTS=["*"])
        django.setup()
        from rest_framework.exceptions import APIException
        from rest_framework.test import APIRequestFactory
        from rest_framework_simplejwt import authentication, tokens

        self.refused = APIException
        self.requests, self.auth, self.tokens = APIRequestFactory(), authentication.JWTTokenUserAuthentication(), tokens

    def make(self, kind, user, claims=None, seconds=None):
        """As its own views do: for_user, with a user whose id this is."""
        kinds = {"access": self.tokens.AccessToken, "refresh": self.tokens.RefreshToken, "sliding": self.tokens.SlidingToken}
        row = type("User", (), {"id": user, "is_active": True, "get_username": lambda self: "roy"})()
        token = kinds[kind].for_user(row)
        if seconds is not None:
            token.set_exp(lifetime=timedelta(seconds=seconds))
        for name, value in (claims or {}).items():
            token[name] = value
        return str(token)

    def ask(self, token):
        try:
            found = self.auth.authenticate(self.requests.get("/", HTTP_AUTHORIZATION="Bearer " + token))
        except self.refused:
            return None
        return found and found[0].id


class PyJWT:
    """What an application does by hand."""

    def __init__(self):
        import jwt

        self.library = jwt
        # Since 2.10 a sub has to be a string unless one says otherwise, as applications do.
        self.options = {"verify_sub": False} if settings.get("numbers") else {}

    def make(self, kind, user, claims=None, seconds=300, sub=True):
        now = datetime.now(timezone.utc)
        payload = {"exp": now + timedelta(seconds=seconds), **({"sub": user} if sub else {}), **(claims or {})}
        return self.library.encode(payload, secret, algorithm=algorithm)

    def ask(self, token):
        try:
            payload = self.library.decode(token, secret, algorithms=[algorithm], options=self.options)
        except self.library.InvalidTokenError:
            return None
        return payload.get("sub", payload.get("identity"))


libraries = {"flask-jwt-extended": FlaskJWTExtended, "simplejwt": SimpleJWT, "pyjwt": PyJWT}
packages = {"flask-jwt-extended": "Flask-JWT-Extended", "simplejwt": "djangorestframework-simplejwt", "pyjwt": "PyJWT"}


@contextlib.contextmanager
def clock():
    if "frozen" not in settings:
        yield
        return
    from freezegun import freeze_time

    ids = random.Random(1)
    uuid.uuid4 = lambda: uuid.UUID(int=ids.getrandbits(128), version=4)
    with freeze_time(datetime.fromtimestamp(settings["frozen"], timezone.utc)):
        yield


def answer(known, question):
    do = question.pop("do")
    if do == "about":
        return {name: metadata.version(package) for name, package in packages.items()}
    of = question.pop("of")
    if of not in known:
        known[of] = libraries[of]()
    if do == "make":
        return {"token": text(known[of].make(**question))}
    user = known[of].ask(question["token"])
    return {"ok": user is not None, "user": user}


def main():
    known = {}
    with clock():
        for line in sys.stdin:
            try:
                said = answer(known, json.loads(line))
            except Exception as error:  # the other side says what it asked
                said = {"failed": f"{type(error).__name__}: {error}"}
            print(json.dumps(said), flush=True)


main()
