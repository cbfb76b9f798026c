"""Tokens made by hand, right and wrong, and the other way: what is in one.
Neither PyJWT nor restauth's code has a part in it."""

import base64
import hashlib
import hmac
import json
import re

import speech

SECRET = speech.SECRET.encode()
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def loose_decode(segment):
    """base64url as PyJWT 1.4.2 reads it: padded, and Python leaves characters
    outside the alphabet out."""
    try:
        return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError:
        return None


def compact(header, payload, key=SECRET, alg=speech.ALGORITHM):
    """header and payload are bytes; alg None signs nothing."""
    signing = encode(header) + "." + encode(payload)
    signature = hmac.new(key, signing.encode(), HASHES[alg]).digest() if alg else b""
    return signing + "." + encode(signature)


def dump(value):
    return json.dumps(value, separators=(",", ":")).encode("utf-8", "surrogatepass")


def at(claims, now):
    """claims with ("now", n) replaced by the Unix time n seconds from now."""
    return {k: now + v[1] if isinstance(v, tuple) else v for k, v in claims.items()}


def split(value):
    """(scheme, token) of an Authorization header as Flask-JWT takes it apart,
    bytes in; token is None unless exactly one follows."""
    parts = value.decode("latin-1").split()
    if not parts:
        return "", None
    return parts[0].lower(), parts[1].encode("latin-1") if len(parts) == 2 else None


SEGMENTS = re.compile(rb"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")


def is_compact(token):
    """Three parts of canonical base64url (RFC 7515, section 2), no more."""
    if not SEGMENTS.fullmatch(token):
        return False
    for segment in token.split(b"."):
        data = loose_decode(segment)
        if data is None or encode(data).encode() != segment:
            return False
    return True


def parts(token):
    """(header, payload) bytes as PyJWT cuts them, None where it cannot."""
    try:
        signing, _ = token.rsplit(b".", 1)
        header, payload = signing.split(b".", 1)
    except ValueError:
        return None, None
    return loose_decode(header), loose_decode(payload)


def describe(authorization):
    _, token = split(authorization)
    if token is None:
        return ""
    header, payload = parts(token)
    return f"{(header or b'')[:300]!r} {(payload or b'')[:600]!r}"
