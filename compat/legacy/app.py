"""The application that restauth takes over from: the tutorial's Flask-JWT service.

POST /auth is Flask-JWT's own endpoint, GET /rest-auth is guarded by it, and
users are read from the MySQL table `user`, a new connection for each request.
Written the way such services were written, so that its answers are theirs,
mistakes included: an exception while the user is read means "no such user".

Settings, from the environment: LEGACY_DATABASE
(mysql://user:password@host:port/database), LEGACY_SECRET, LEGACY_PORT; LEGACY_CONFIG,
settings of Flask-JWT as JSON, times in seconds; LEGACY_TOKEN_MEMBER and LEGACY_CLAIMS,
what handlers of an application change: the answer's member, and columns in the token.
"""

import collections
import collections.abc
import datetime
import json
import logging
import os
from urllib.parse import unquote, urlsplit

# PyJWT 1.4.2 imports it from where Python 3.10 no longer has it.
if not hasattr(collections, "Mapping"):
    collections.Mapping = collections.abc.Mapping

import pymysql  # noqa: E402
from flask import Flask, jsonify  # noqa: E402
from flask_jwt import JWT, jwt_required  # noqa: E402
from werkzeug.security import check_password_hash  # noqa: E402

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["LEGACY_SECRET"]
for name, setting in json.loads(os.environ.get("LEGACY_CONFIG", "{}")).items():
    if name.endswith(("_DELTA", "_LEEWAY")):
        setting = datetime.timedelta(seconds=setting)
    app.config[name] = setting


class User:
    def __init__(self, id, username):
        self.id = id
        self.username = username


def fetch_one(sql, value):
    url = urlsplit(os.environ["LEGACY_DATABASE"])
    connection = pymysql.connect(
        host=url.hostname,
        port=url.port,
        user=unquote(url.username),
        password=unquote(url.password or ""),
        database=unquote(url.path[1:]),
        charset="utf8mb4",
        cursorclass=pymysql.cursors.DictCursor,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, (value,))
            return cursor.fetchone()
    finally:
        connection.close()


def authenticate(username, password):
    try:
        row = fetch_one("SELECT id, username, password FROM user WHERE username=%s", username)
        if row and check_password_hash(row["password"], password):
            return User(row["id"], row["username"])
    except Exception as e:
        print(e)
    return None


def identity(payload):
    user_id = payload["identity"]
    try:
        row = fetch_one("SELECT id, username FROM user WHERE id=%s", user_id)
        if row:
            return row["id"], row["username"]
    except Exception as e:
        print(e)
    return None


jwt = JWT(app, authenticate, identity)

TOKEN_MEMBER = os.environ.get("LEGACY_TOKEN_MEMBER", "access_token")
if TOKEN_MEMBER != "access_token":

    @jwt.auth_response_handler
    def respond(access_token, identity):
        return jsonify({TOKEN_MEMBER: access_token.decode("utf-8")})


CLAIMS = json.loads(os.environ.get("LEGACY_CLAIMS", "{}"))
if CLAIMS:
    usual = jwt.jwt_payload_callback

    @jwt.jwt_payload_handler
    def payload(identity):
        return {**usual(identity), **{claim: getattr(identity, column) for column, claim in CLAIMS.items()}}



@app.route("/rest-auth")
@jwt_required()
def get_response():
    return jsonify("You are an authenticate person to see this message")


if __name__ == "__main__":
    # A line for each of thousands of requests would bury everything else.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    logging.getLogger("flask_jwt").setLevel(logging.CRITICAL)
    app.run(host="127.0.0.1", port=int(os.environ["LEGACY_PORT"]), threaded=True)
