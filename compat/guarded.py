"""Requests to the guarded endpoint: tokens wrong in every way that the project
knows of, and the headers that carry them.

Times keep 5 s or more away from where an answer would change, so that a slow
machine does not turn an edge into a difference; the edges themselves are
tested with a frozen clock elsewhere."""

import base64
import json

import speech
import tokens
from client import Request

INSIDE = [-4, -2, 0, 2, 4]  # seconds; the leeway is 10
BASE = {"exp": ("now", 300), "iat": ("now", 0), "nbf": ("now", 0), "identity": 1}
HEADER = {"typ": "JWT", "alg": speech.ALGORITHM}

IDENTITIES = [1, 2, 3, 7, 9, 0, -1, 999999, 2**31, 2**53, 2**63 - 1, 2**63, -2**63 - 1, 10**30, 1.0, 1.5, 1e30, None, True,
              False, "1", "9", "01", "+1", " 1", "1.0", "-1", "1 OR 1=1", "roy", "", [1], [1, 2], [], {"id": 1}, {}]
ODD_TIMES = ["soon", "", None, True, False, 1.5, [1], {}, -1, 0, 10**30, 2**63, float("inf"), float("nan"), "1e9", " 99 "]
# Strings and floats that a loose reader takes for good times.
LOOSE_TIMES = {"exp": ["9999999999", 9999999999.5, 1e10], "iat": ["1", 1.5, True, -5], "nbf": ["1", 1.5, False, -5]}
EXTRA_CLAIMS = [("role", "admin"), ("aud", "x"), ("aud", ["x"]), ("aud", None), ("aud", 1), ("iss", "x"), ("iss", None),
                ("iss", 1), ("sub", "1"), ("sub", "2"), ("sub", 1), ("sub", None), ("jti", "j"), ("jti", 1), ("sid", "s"), ("type", "access"), ("type", "refresh"), ("type", None), ("type", 1),
                ("token_type", "access"), ("token_type", "refresh"), ("typ", "Bearer"), ("typ", "Refresh"),
                ("Exp", 1), ("IDENTITY", 2), ("Sub", "1"), ("ids", list(range(50))), ("deep", {"a": {"b": [1, {"c": None}]}}),
                ("ünï", "ö"), ("", 1)]
HEADERS = [{"alg": "HS256"}, {"alg": "HS256", "typ": "jwt"}, {"typ": "at+jwt", "alg": "HS256"}, {"typ": "rt+jwt", "alg": "HS256"}, {"typ": "application/jwt", "alg": "HS256"}, {"typ": None, "alg": "HS256"},
           {"typ": "JWT"}, {"typ": "JWT", "alg": None}, {"typ": "JWT", "alg": "none"}, {"typ": "JWT", "alg": "None"},
           {"typ": "JWT", "alg": "hs256"}, {"typ": "JWT", "alg": "HS384"}, {"typ": "JWT", "alg": "RS256"},
           {"typ": "JWT", "alg": "ES256"}, {"typ": "JWT", "alg": ""}, {"typ": "JWT", "alg": ["HS256"]}, {"typ": "JWT", "alg": 256},
           {"typ": "JWT", "alg": {"a": 1}}, {"typ": "JWT", "alg": "HS256", "kid": "k1"}, {"typ": "JWT", "alg": "HS256", "kid": "../../dev/null"},
           {"typ": "JWT", "alg": "HS256", "kid": 1}, {"typ": "JWT", "alg": "HS256", "kid": "k" * 2000},
           {"typ": "JWT", "alg": "HS256", "crit": ["exp"]}, {"typ": "JWT", "alg": "HS256", "b64": False, "crit": ["b64"]},
           {"typ": "JWT", "alg": "HS256", "zip": "DEF"}, {"typ": "JWT", "alg": "HS256", "jku": "http://127.0.0.1:1/k"},
           {"typ": "JWT", "alg": "HS256", "jwk": {"kty": "oct", "k": "YQ"}}, {"typ": "JWT", "alg": "HS256", "x5c": ["x"]},
           {"typ": "JWT", "alg": "HS256", "cty": "JWT"}, {"typ": "JWT", "Alg": "none", "alg": "HS256"}, {"typ": 1, "alg": "HS256"}]
RAW_HEADERS = [b"", b"{}", b"[]", b"null", b'"HS256"', b"{bad", b'{"alg":"none","alg":"HS256"}', b'{"alg":"HS256","alg":"none"}',
               b'\xef\xbb\xbf{"alg":"HS256"}', b'{"alg":"HS256"} ', b'{ "alg" : "HS256" }', b'{"\\u0061lg":"HS256"}', b'{"alg":"HS256"}x',
               b'{"alg":"HS256","x":"\xff"}', b'{"alg":"HS256","x":NaN}', '{"alg":"HS256"}'.encode("utf-16")]
RAW_PAYLOADS = [b"", b"{}", b"[]", b"null", b'"x"', b"1", b"{x", b"\xff", b'{"a":"\xff"}', b"[" * 3000]


def token(claims=None, header=None, key=tokens.SECRET, alg=speech.ALGORITHM, raw_header=None, raw_payload=None, edit=lambda t: t):
    """A function of now that makes the token. edit changes the text of it."""
    def mint(now):
        payload = raw_payload
        if payload is None:
            payload = tokens.dump(tokens.at(BASE if claims is None else claims, now))
        elif callable(payload):
            payload = payload(now)
        head = raw_header if raw_header is not None else tokens.dump(HEADER if header is None else header)
        return edit(tokens.compact(head, payload, key, alg))
    return mint


def carried(mint, scheme="JWT"):
    return lambda now: f"{scheme} {mint(now)}"


def valid():
    return carried(token())


def guard(value, label, method="GET", **kwargs):
    headers = [] if value is None else [("Authorization", value)]
    return Request(method, "/rest-auth", headers, label=label, **kwargs)


def with_claim(name, value):
    return dict(BASE, **{name: value})


def without(name):
    return {k: v for k, v in BASE.items() if k != name}


def payload_text(change):
    """A payload that json.dumps would not write."""
    def make(now):
        text = json.dumps(tokens.at(BASE, now))
        return change(text).encode("utf-8", "surrogatepass")
    return make


TEXT_CHANGES = [
    lambda t: t.replace("{", '{"exp":1,'), lambda t: t[:-1] + ',"exp":1}', lambda t: t[:-1] + ',"identity":2}',
    lambda t: t[:-1] + ',"Exp":1}', lambda t: " " + t + "\n", lambda t: "\ufeff" + t, lambda t: t + "x", lambda t: t + t,
    lambda t: t.replace("identity", "\\u0069dentity"), lambda t: t[:-1] + ',"x":"\\ud800"}', lambda t: t[:-1] + ",}",
    lambda t: t.replace('"identity": 1', '"identity": 1e0'), lambda t: t.replace('"identity": 1', '"identity": 1e400'),
    lambda t: t.replace('"identity": 1', '"identity": 01'), lambda t: t.replace('"identity": 1', '"identity": -0'),
    lambda t: t[:-1] + ',"x":' + "[" * 50 + "]" * 50 + "}", lambda t: t[:-1] + ',"x":"' + "y" * 5000 + '"}',
    lambda t: t[:-1] + ',"x":"' + "y" * 9000 + '"}', lambda t: t[:-1] + ',"\\u0000":1}', lambda t: t[:-1] + ',"x":1e999}',
]


def swap_last(text, by):
    return text[:-1] + by(text[-1])


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
EDITS = [
    lambda t: t + "AAAA", lambda t: t + "A", lambda t: t + "=", lambda t: t + "==", lambda t: t[:-1], lambda t: t[:-2], lambda t: t[:-4],
    lambda t: t + ".", lambda t: t + ".x", lambda t: "." + t, lambda t: t.replace(".", ".."), lambda t: t.replace(".", ""),
    lambda t: t.rsplit(".", 1)[0], lambda t: t.rsplit(".", 1)[0] + ".", lambda t: t.split(".")[0], lambda t: "x." + t, lambda t: t + ".x.y",
    # The last of 43 characters holds two bits that mean nothing.
    lambda t: swap_last(t, lambda c: ALPHABET[ALPHABET.find(c) ^ 1]), lambda t: swap_last(t, lambda c: ALPHABET[ALPHABET.find(c) ^ 4]),
    lambda t: t.replace("-", "+").replace("_", "/"), lambda t: t[:10] + "*" + t[10:], lambda t: t[:-3] + "!" + t[-3:],
    lambda t: t.replace("e", "E", 1), lambda t: t.upper(), lambda t: t[::-1], lambda t: t[:5] + "%" + t[5:], lambda t: '"' + t + '"',
    lambda t: t + "," + t, lambda t: t.split(".")[0] + "." + base64.urlsafe_b64encode(b"{}").decode() + "." + t.split(".")[2],
]
# Authorization headers as they stand; @ stands for a good token.
FORMS = ["", " ", "JWT", "JWT ", "jwt", "Bearer", "Bearer ", "Basic cm95OnJveQ==", "Digest x", "@", "JWT @ x", "Bearer @ x", "JWT @,", "JWT a",
         "JWT a b", "JWT ..", "JWT .", "JWT *.*.*", "JWT: @", "JWT=@", "JWTT @", "jWt @", "bEARER @", "BEARER @", "JWT  @", "JWT\t@", " JWT @ ",
         "JWT \xa0@", "Bearer  @", "Bearer\t@", "Token @", "JWT,@", "JWT @ @", "Bearer a", "Bearer ..", 'JWT "@"', "JWT @;", "JWT " + "." * 9000,
         "JWT " + "a" * 9000 + ".a.a", "J\xfcT @", "JWT @\xe9"]


def form(text):
    return lambda now: text.replace("@", token()(now))


def directed():
    for value in IDENTITIES:
        yield guard(carried(token(with_claim("identity", value))), "identity")
    for name in ("exp", "iat", "nbf"):
        yield guard(carried(token(without(name))), "claim missing")
        for value in ODD_TIMES + LOOSE_TIMES[name]:
            yield guard(carried(token(with_claim(name, value))), "odd time")
        for k in INSIDE + [-5000, -20, 20, 5000]:
            yield guard(carried(token(with_claim(name, ("now", k)))), "time")
    yield guard(carried(token(without("identity"))), "claim missing")
    for name, value in EXTRA_CLAIMS:
        yield guard(carried(token(with_claim(name, value))), "extra claim")
    for header in HEADERS:
        alg = header.get("alg")
        yield guard(carried(token(header=header, alg=alg if alg in ("HS384",) else "HS256")), "token header")
    yield guard(carried(token(header={"typ": "JWT", "alg": "none"}, alg=None)), "token header")
    for raw in RAW_HEADERS:
        yield guard(carried(token(raw_header=raw)), "raw token header")
    for raw in RAW_PAYLOADS + [payload_text(c) for c in TEXT_CHANGES]:
        yield guard(carried(token(raw_payload=raw)), "raw payload")
    for edit in EDITS:
        yield guard(carried(token(edit=edit)), "token edited")
        yield guard(carried(token(edit=edit), "Bearer"), "token edited, Bearer")
    for key in (b"", b"other", b"secret-key ", b"Secret-key"):
        yield guard(carried(token(key=key)), "other secret")
    for text in FORMS:
        yield guard(form(text), "authorization")
    yield guard(None, "no authorization")
    yield guard(None, "no authorization", "HEAD")
    yield guard(valid(), "HEAD", "HEAD")
    yield guard(carried(token(key=b"other")), "HEAD", "HEAD")
    for first, second in ((valid(), valid()), (valid(), "Basic eA=="), ("Basic eA==", valid()), ("", valid())):
        yield Request("GET", "/rest-auth", [("Authorization", first), ("Authorization", second)], label="two headers")
    yield guard(valid(), "body on GET", body=b"{}")
    yield Request("GET", "/rest-auth?access_token=x", [], label="query")
    yield Request("GET", "/rest-auth?x=1", [("Authorization", valid())], label="query")
    yield Request("GET", "/rest-auth", [("Cookie", "access_token=x"), ("X-Authorization", "JWT x")], label="elsewhere")


def random_request(rng):
    """One to three things done to a good token, in any combination."""
    claims, kwargs = dict(BASE, identity=rng.choice([1, 2, 3, 8, 9])), {}
    for name, spread in (("exp", [100, 300, 4000]), ("iat", [-300, -20, 0, 4]), ("nbf", [-300, -20, 0, 4])):
        claims[name] = ("now", rng.choice(spread))
    for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3])):
        change(rng, claims, kwargs)
    order = list(claims.items())
    rng.shuffle(order)
    scheme = rng.choice(["JWT"] * 8 + ["jwt", "Jwt", "Bearer", "bearer", "BEARER", "Basic"])
    return guard(carried(token(dict(order), **kwargs), scheme), "random token")


def change(rng, claims, kwargs):
    name = rng.choice(["exp", "iat", "nbf"])
    dice = rng.randrange(12)
    if dice == 0:
        claims["identity"] = rng.choice(IDENTITIES)
    elif dice == 1:
        claims.pop(rng.choice(["exp", "iat", "nbf", "identity"]), None)
    elif dice == 2:
        claims[name] = rng.choice(ODD_TIMES + LOOSE_TIMES[name])
    elif dice in (3, 4):
        claims[name] = ("now", rng.choice(INSIDE + [-5000, -20, 20, 60, 5000]))
    elif dice == 5:
        claims.update([rng.choice(EXTRA_CLAIMS)])
    elif dice == 6:
        kwargs["header"] = rng.choice(HEADERS)
    elif dice == 7:
        kwargs["key"] = rng.choice([b"", b"other", b"secret-key\n"])
    elif dice == 8:
        kwargs["alg"] = rng.choice(["HS384", "HS512", None])
    elif dice == 9:
        kwargs["edit"] = rng.choice(EDITS)
    elif dice == 10:
        at, by = rng.random(), rng.choice(ALPHABET + ".=+/ \t")
        kwargs["edit"] = lambda t: t[:int(at * len(t))] + by + t[int(at * len(t)) + 1:]
    else:
        kwargs["raw_header"] = rng.choice(RAW_HEADERS)
