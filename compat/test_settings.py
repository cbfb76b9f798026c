"""What Flask-JWT's settings about claims do, asked of itself: restauth's counterparts
(--required-claims, --verify-claims) say in their help that they do the same."""

import collections
import collections.abc
import logging
import time
import unittest

# PyJWT 1.4.2 imports it from where Python 3.10 no longer has it.
if not hasattr(collections, "Mapping"):
    collections.Mapping = collections.abc.Mapping

import flask  # noqa: E402
import flask_jwt  # noqa: E402
import tokens  # noqa: E402

logging.disable(logging.CRITICAL)  # it logs each refusal


def application(**settings):
    app = flask.Flask("settings")
    app.config.update(SECRET_KEY=tokens.SECRET.decode(), PROPAGATE_EXCEPTIONS=False, **settings)
    user = type("User", (), {"id": 1})
    flask_jwt.JWT(app, lambda username, password: user, lambda payload: payload["identity"])

    @app.route("/rest-auth")
    @flask_jwt.jwt_required()
    def rest_auth():
        return "in"

    return app.test_client()


def ask(client, key=tokens.SECRET, **changes):
    """The status, and the description of a refusal, of a token with these changes; ...
    leaves a claim out."""
    now = int(time.time())
    claims = {"exp": now + 300, "iat": now, "nbf": now, "identity": 1, **changes}
    token = tokens.compact(b'{"typ":"JWT","alg":"HS256"}', tokens.dump({k: v for k, v in claims.items() if v is not ...}), key)
    answer = client.get("/rest-auth", headers={"Authorization": "JWT " + token})
    return answer.status_code, (answer.get_json() or {}).get("description")


class VerifyClaims(unittest.TestCase):
    def test_it_changes_nothing(self):
        """The list becomes options that are on; PyJWT's own, which are on too, stay."""
        now = int(time.time())
        for listed in (["signature", "exp", "nbf", "iat"], ["signature"], ["exp"], []):
            client = application(JWT_VERIFY_CLAIMS=listed)
            self.assertEqual(ask(client), (200, None))
            self.assertEqual(ask(client, b"another"), (401, "Signature verification failed"))
            self.assertEqual(ask(client, exp=now - 60), (401, "Signature has expired"))
            self.assertEqual(ask(client, iat=now + 60), (401, "Issued At claim (iat) cannot be in the future."))
            self.assertEqual(ask(client, nbf=now + 60), (401, "The token is not yet valid (nbf)"))
            self.assertEqual(ask(client, aud="x"), (401, "Invalid audience"))


class RequiredClaims(unittest.TestCase):
    def test_dates(self):
        client = application(JWT_REQUIRED_CLAIMS=["exp"])
        self.assertEqual(ask(client, iat=..., nbf=...), (200, None))
        self.assertEqual(ask(client, exp=...), (401, 'Token is missing the "exp" claim'))
        self.assertEqual(ask(client, iat=int(time.time()) + 60), (401, "Issued At claim (iat) cannot be in the future."))
        self.assertEqual(ask(client, iat="x"), (401, "Issued At claim (iat) must be an integer."))
        self.assertEqual(ask(client, nbf=None)[0], 500)  # restauth: 401

    def test_without_exp(self):
        """What restauth refuses to be told: a token that never ends."""
        self.assertEqual(ask(application(JWT_REQUIRED_CLAIMS=[]), exp=..., iat=..., nbf=...), (200, None))

    def test_others(self):
        """Of others it sees to it that they are written, and requires them of no token."""
        client = application(JWT_REQUIRED_CLAIMS=["exp", "iat", "nbf", "role"])
        self.assertEqual(ask(client), (200, None))
        self.assertEqual(client.post("/auth", json={"username": "roy", "password": "roy"}).status_code, 500)


if __name__ == "__main__":
    unittest.main()
