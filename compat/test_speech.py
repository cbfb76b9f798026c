"""What is sent has to be what a server with other settings understands."""

import importlib
import json
import os
import unittest

import speech


class SpeechTest(unittest.TestCase):
    def setUp(self):
        os.environ["COMPAT_SETTINGS"] = json.dumps({"flask": {
            "JWT_AUTH_URL_RULE": "/api/login", "JWT_AUTH_USERNAME_KEY": "email", "JWT_AUTH_PASSWORD_KEY": "pass",
            "JWT_AUTH_HEADER_PREFIX": "Token"}})
        importlib.reload(speech)

    def tearDown(self):
        del os.environ["COMPAT_SETTINGS"]
        importlib.reload(speech)

    def test_targets(self):
        for target, want in {
            "/auth": "/api/login", "//auth": "//api/login", "/auth/": "/api/login/", "/auth2": "/api/login2", "/auth?x=/auth": "/api/login?x=/auth",
            "/./auth": "/./api/login", "/auth/me": "/auth/me", "/auth/me?x": "/auth/me?x", "/rest-auth": "/rest-auth", "/rest-auth/": "/rest-auth/",
            "/authx": "/authx", "/AUTH": "/AUTH", "/": "/",
        }.items():
            self.assertEqual(speech.target(target), want)

    def test_bodies(self):
        for body, want in {
            b'{"username":"a","password" : "username"}': b'{"email":"a","pass" : "username"}',
            b'{"Username":1}': b'{"Username":1}',
            b"username=a": b"username=a",
        }.items():
            self.assertEqual(speech.body(body), want)

    def test_authorization(self):
        for value, want in {b"JWT a": b"Token a", b"jwt\ta": b"Token\ta", b"JWT": b"Token", b" JWT a ": b" Token a ", b"JWTT a": b"JWTT a",
                            b"Bearer JWT a": b"Bearer JWT a", b"": b""}.items():
            self.assertEqual(speech.authorization(value), want)

    def test_nothing_set(self):
        self.tearDown()
        try:
            self.assertEqual(speech.target("//auth"), "//auth")
            self.assertEqual(speech.body(b'{"username":1}'), b'{"username":1}')
            self.assertEqual(speech.authorization(b"jwt  a"), b"jwt  a")
        finally:
            self.setUp()


if __name__ == "__main__":
    unittest.main()
