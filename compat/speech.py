"""What both servers are set to call things by, in one run of the comparison.

COMPAT_SETTINGS is one of settings.py's, as JSON; without it all is as Flask-JWT has it.
Requests are made in Flask-JWT's own names and put into these as they are sent."""

import json
import os
import re

SETTINGS = json.loads(os.environ.get("COMPAT_SETTINGS", "{}"))
FLASK = SETTINGS.get("flask", {})

PATH = FLASK.get("JWT_AUTH_URL_RULE", "/auth")
USERNAME = FLASK.get("JWT_AUTH_USERNAME_KEY", "username")
PASSWORD = FLASK.get("JWT_AUTH_PASSWORD_KEY", "password")
TOKEN = SETTINGS.get("token_member", "access_token")
CLAIMS = SETTINGS.get("claims", {})  # column: claim
PREFIX = FLASK.get("JWT_AUTH_HEADER_PREFIX", "JWT")
REALM = FLASK.get("JWT_DEFAULT_REALM", "Login Required")
REQUIRED = FLASK.get("JWT_REQUIRED_CLAIMS", ["exp", "iat", "nbf"])
ALGORITHM = FLASK.get("JWT_ALGORITHM", "HS256")
SECRET = FLASK.get("JWT_SECRET_KEY", "secret-key")
FLAGS = SETTINGS.get("flags", [])
ALONE = "flask" in FLAGS  # --login-answer flask: the token's member alone

SCHEMES = {"bearer", "jwt", PREFIX.lower()}  # that restauth takes


def target(text):
    """A request's target, with the login where it is. /auth/me is restauth's own."""
    if PATH == "/auth" or text.split("?")[0] == "/auth/me":
        return text
    return re.sub(r"^(/*|/\.)/auth(?![a-z-])", lambda m: m[1] + PATH, text)


def body(data):
    """A login's body, with the members by their names, wherever these stand in quotes before
    a colon."""
    for name, other in ((b"username", USERNAME), (b"password", PASSWORD)):
        data = re.sub(rb'"' + name + rb'"(\s*:)', lambda m, o=other: b'"' + o.encode() + b'"' + m[1], data)
    return data


def authorization(value):
    """A header, with the prefix in place of JWT."""
    if PREFIX == "JWT":
        return value
    return re.sub(rb"(?i)^(\s*)jwt(?=\s|$)", lambda m: m[1] + PREFIX.encode(), value)
