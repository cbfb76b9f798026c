"""The comparison has to be able to fail: what the judge makes of pairs that
are right, improved on purpose, and wrong."""

import json
import unittest

import facts
import judge
import tokens
from client import Answer, Request

CHALLENGE = ("WWW-Authenticate", 'Bearer realm="Login Required"')


def flask(status, error, description):
    body = json.dumps({"status_code": status, "error": error, "description": description})
    return Answer(status, [("Content-Type", "application/json")], body.encode())


def ours(status, error, description, **changed):
    members = {"type": "about:blank", "title": "x", "status": status, "detail": description, "request_id": "r",
               "status_code": status, "error": error, "description": description, **changed}
    headers = [("Content-Type", "application/problem+json")] + ([CHALLENGE] if status == 401 else [])
    return Answer(status, headers, json.dumps(members).encode())


def token(more, claims):
    text = tokens.compact(b'{"typ":"JWT","alg":"HS256"}', tokens.dump(dict({"exp": 300, "iat": 0, "nbf": 0, "identity": 1}, **claims)))
    return Answer(200, [("Content-Type", "application/json")], json.dumps(dict({"access_token": text}, **more)).encode())


HTML = [("Content-Type", "text/html")]
OLD = flask(401, "Invalid token", "Signature has expired")
NEW_TOKEN = token({"token_type": "Bearer", "expires_in": 300, "device_token": "d"}, {"sub": "1", "jti": "j"})


class JudgeTest(unittest.TestCase):
    def judged(self, a, b, met=frozenset(), method="GET"):
        referee = judge.Judge()
        return referee.compare(method, set(met), a, b), sorted(referee.hits)

    def test_excused(self):
        for name, a, b, met, hits in [
            ("same words", OLD, ours(401, "Invalid token", "Signature has expired"), (), ["bearer-challenge"]),
            ("token", token({}, {}), NEW_TOKEN, (), ["token-members"]),
            ("page", Answer(404, HTML, b"<p>"), ours(404, "Not Found", "x"), (), ["problem-details"]),
            ("listed", Answer(500, HTML, b"<p>"), ours(415, "Unsupported Media Type", "x"), {"content-type"}, ["content-type"]),
        ]:
            with self.subTest(name):
                self.assertEqual(self.judged(a, b, met), ([], hits))

    def test_wrong(self):
        same = ("Invalid token", "Signature has expired")
        for name, a, b, met in [
            ("another word", OLD, ours(401, "Invalid token", "Expired"), ()),
            ("another status", OLD, ours(403, *same), ()),
            ("listed, without the fact", Answer(500, HTML, b"<p>"), ours(415, "Unsupported Media Type", "x"), ()),
            ("the fact, another answer", Answer(500, HTML, b"<p>"), ours(400, "Bad Request", "x"), {"content-type"}),
            ("another page", Answer(404, HTML, b"<p>"), ours(405, "Method Not Allowed", "x"), ()),
            ("a server error", OLD, ours(500, "Internal Server Error", "x"), ()),
            ("no answer", OLD, Answer(0, [], b""), ()),
            ("no problem", OLD, OLD, ()),
            ("contradiction", OLD, ours(401, *same, status_code=400), ()),
            ("member missing", OLD, ours(401, *same, request_id=None), ()),
            ("let in", OLD, Answer(200, [("Content-Type", "application/json")], b'"You are"'), {"token-form"}),
            ("identity", token({}, {}), token({"token_type": "Bearer", "expires_in": 300, "device_token": "d"}, {"sub": "2", "jti": "j", "identity": 2}), ()),
            ("audience", token({}, {}), token({"token_type": "Bearer", "expires_in": 300, "device_token": "d"}, {"sub": "1", "jti": "j", "aud": "x"}), ()),
        ]:
            with self.subTest(name):
                self.assertNotEqual(self.judged(a, b, met)[0], [])

    def test_challenge_is_needed(self):
        bare = ours(401, "Invalid token", "Signature has expired")
        bare.headers = bare.headers[:1]
        asked = flask(401, "Authorization Required", "x")
        asked.headers.append(("WWW-Authenticate", 'JWT realm="Login Required"'))
        for a, b in ((asked, ours(401, "Authorization Required", "x")), (asked, bare)):
            self.assertIn("challenges differ", self.judged(a, b)[0])

    def test_every_entry_excuses_by_facts(self):
        for entry in judge.improvements():
            if "facts" in entry:
                self.assertTrue(entry["facts"] and entry["legacy"] and entry["restauth"], entry["id"])


class FactsTest(unittest.TestCase):
    rows = {"ann": [(1, "ann", "plain$$x")], "ANN": [(1, "ann", "plain$$x"), (2, "Ann", None)]}

    def login(self, body, kind=b"application/json"):
        request = Request("POST", "/auth", [("Content-Type", kind)], body)
        return facts.facts(request, lambda name: self.rows.get(name, []))

    def guard(self, text):
        return facts.facts(Request("GET", "/rest-auth", [("Authorization", b"JWT " + text.encode())]), None)

    def test_login(self):
        for body, want in [
            (b'{"username":"ann","password":"x"}', set()), (b'{"username":"ANN","password":"x"}', {"name-ambiguous"}),
            (b'{"username":"ann"}', {"members"}), (b'{"username":"ann","password":"x","Password":"y"}', {"body-duplicate"}),
            (b'{"username":"ann","password":"\\u0000"}', {"nul"}), (b"{", {"body-syntax"}),
            (b'{"a":1,"A":1}x', {"body-syntax"}), (b"\xff", {"body-encoding"}),
            (b"[]", {"body-not-object"}), (b'{"username":"ann","password":"' + b"x" * 1025 + b'"}', {"text-size"}),
        ]:
            with self.subTest(body[:60]):
                self.assertEqual(self.login(body), want)
        self.assertEqual(self.login(b'{"username":"ann","password":"x"}', b"text/json"), {"content-type"})

    def test_guard(self):
        claims = {"exp": 1, "iat": 1, "nbf": 1, "identity": 1}
        header = b'{"typ":"JWT","alg":"HS256"}'
        good = tokens.compact(header, tokens.dump(claims))
        for name, text, want in [
            ("good", good, set()), ("padded", good + "=", {"token-form"}),
            ("bool", tokens.compact(header, tokens.dump(dict(claims, exp=True))), {"time-type"}),
            ("identity", tokens.compact(header, tokens.dump(dict(claims, identity="01"))), {"identity-type"}),
            ("digits", tokens.compact(header, tokens.dump(dict(claims, identity="1"))), set()),
            ("fraction", tokens.compact(header, tokens.dump(dict(claims, exp=1.5))), set()),
            ("kind", tokens.compact(header, tokens.dump(dict(claims, type="refresh"))), {"token-kind"}),
            ("case", tokens.compact(header, tokens.dump(dict(claims, Exp=1))), {"claims-duplicate"}),
            ("crit", tokens.compact(b'{"alg":"HS256","crit":["x"]}', tokens.dump(claims)), {"header-parameters"}),
        ]:
            with self.subTest(name):
                self.assertEqual(self.guard(text), want)


if __name__ == "__main__":
    unittest.main()
