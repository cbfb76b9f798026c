"""Access tokens of sister systems, changed: with what has to come of each."""

import base64
import dataclasses
import json
import random
import time
from typing import Any

import tokens


@dataclasses.dataclass
class Mutation:
    what: str
    token: str
    good: bool = False  # whether restauth lets it in
    user: Any = 1
    # Whether Flask-JWT's profile takes it where that is asked first, for its identity.
    flask: bool = False


def segments(token):
    return [tokens.loose_decode(part.encode()) for part in token.split(".")]


def payload(token):
    return json.loads(segments(token)[1])


def signed(claims, key, header=None, alg="HS256"):
    head = tokens.dump({"typ": "JWT", "alg": "HS256"} if header is None else header)
    body = claims if isinstance(claims, bytes) else tokens.dump(claims)
    return tokens.compact(head, body, key, alg)


NAMING = {"flask-jwt-extended": None, "simplejwt": "user_id", "pyjwt": "sub"}  # None: the sub, or version 3's identity
KIND = {"flask-jwt-extended": "type", "simplejwt": "token_type", "pyjwt": None}


def told(of, token, key):
    """Signed with the secret, so that only what they say can keep them out."""
    claims = payload(token)
    naming = NAMING[of] or ("identity" if "identity" in claims else "sub")
    made = [Mutation("the token itself", token, True), Mutation("signed anew", signed(claims, key), True)]

    def add(what, good=False, user=1, flask=False, **changes):
        changed = {k: v for k, v in {**claims, **changes}.items() if v is not Ellipsis}
        made.append(Mutation(what, signed(changed, key), good, user, flask and "identity" in claims))

    now = int(time.time())
    add("more claims", True, role="admin", nested={"a": [1, None]})
    add("another user", True, 2, **{naming: "2" if isinstance(claims[naming], str) else 2})
    add("no user", **{naming: ...})
    for odd in (None, True, "", "1 OR 1=1", " 1", "01", "+1", "1.0", [1], {}, -7, 0, 10**30, "roy"):
        add(f"{naming} {odd!r}", **{naming: odd})  # some are keys, and nobody's
    add("no exp", exp=...)
    for odd in (None, "soon", True, [], {}, now - 11, 0, -1, str(now + 300)):
        add(f"exp {odd!r}", exp=odd)
    for odd in (None, "now", True, {}, now + 60):
        add(f"iat {odd!r}", iat=odd)
        add(f"nbf {odd!r}", nbf=odd)
    for odd in (None, 7, [], True):
        add(f"jti {odd!r}", jti=odd)
    for name in ("type", "token_type", "typ"):
        for odd in ("refresh", "sliding", "", None, 1, ["access"], "id", "access "):
            add(f"{name} {odd!r}", **{name: odd})
    for odd in ("x", ["x"], [], None):
        add(f"aud {odd!r}", aud=odd)
    if KIND[of]:
        add("no kind", flask=True, **{KIND[of]: ...})
        add("no jti", flask=True, jti=...)
        add("kind in capitals", flask=True, **{KIND[of]: "ACCESS"})
    else:
        for name in ("type", "token_type", "typ"):
            add(f"{name} access", **{name: "access"})
        add("fresh", fresh=False)
    if of == "flask-jwt-extended":
        for odd in (..., None, "true", []):
            add(f"fresh {odd!r}", flask=True, fresh=odd)
        add("no iat", flask=True, iat=...)
        add("no nbf", True, nbf=...)
        add("fresh for a while", True, fresh=now + 60)
    for name in claims:
        add(f"{name} in capitals beside", good=name == "csrf", **{name.upper(): claims[name]})
        twice = json.dumps(claims)[:-1] + f", {json.dumps(name)}: {json.dumps(claims[name])}}}"
        made.append(Mutation(f"{name} twice", signed(twice.encode(), key)))
    for other in {"identity": 2, "sub": "2", "user_id": 2}.items():
        if other[0] != naming and not (of == "flask-jwt-extended" and other[0] in ("user_id",)):
            add(f"another user in {other[0]}", **dict([other]))
    made += headers(claims, key)
    return made


def headers(claims, key):
    made = []
    for header in ({"alg": "none"}, {"alg": "None"}, {"alg": None}, {}, {"alg": ["HS256"]}, {"alg": "hs256"}, {"alg": "HS384"}, {"alg": "HS512"},
                   {"alg": "RS256"}, {"alg": "ES256"}, {"alg": "HS256", "crit": ["exp"]}, {"alg": "HS256", "b64": False},
                   {"alg": "HS256", "zip": "DEF"}, {"alg": "HS256", "typ": "rt+jwt"}, {"alg": "HS256", "kid": 1}, {"alg": "HS256", "jwk": {}},
                   {"alg": "HS256", "jku": "http://127.0.0.1:1/"}, {"Alg": "HS256", "alg": "HS256"}):
        made.append(Mutation(f"header {header}", signed(claims, key, header)))
    for alg in ("HS384", "HS512"):
        made.append(Mutation(f"really {alg}", signed(claims, key, {"typ": "JWT", "alg": alg}, alg)))
        made.append(Mutation(f"really {alg}, says HS256", signed(claims, key, None, alg)))
    made.append(Mutation("unsigned", signed(claims, key, {"typ": "JWT", "alg": "none"}, None)))
    made.append(Mutation("another secret", signed(claims, b"another")))
    made.append(Mutation("no secret", signed(claims, b"")))
    made.append(Mutation("a list", signed(b"[1]", key)))
    made.append(Mutation("a byte order mark", signed(b"\xef\xbb\xbf" + tokens.dump(claims), key)))
    return made


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def at_random(rng: random.Random, token, count):
    """Changed in their text: none of them is signed."""
    made = []
    while len(made) < count:
        at = rng.randrange(len(token))
        changed = rng.choice([
            lambda: token[:at] + rng.choice(ALPHABET + ".=+/~") + token[at + 1:],
            lambda: token[:at] + rng.choice(ALPHABET) + token[at:],
            lambda: token[:at] + token[at + 1:],
            lambda: token[:at],
            lambda: token + rng.choice([".", "=", "==", "A", "." + ALPHABET]),
            lambda: swapped(rng, token),
        ])()
        if changed != token:
            made.append(Mutation(f"changed at {at}: {changed}", changed))
    return made


def swapped(rng, token):
    """Its payload with one byte changed, signature and all else as it was."""
    header, body, signature = token.split(".")
    raw = bytearray(tokens.loose_decode(body.encode()))
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(7)
    return ".".join([header, base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode(), signature])
