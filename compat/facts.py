"""What is unusual about a request: the facts that a deliberate improvement may
give as its reason. They are worked out from the bytes that were sent and from
the rows of the table, never from what the generator meant to send, so an
improvement cannot excuse a difference that has another cause."""

import json
import re

import speech
import tokens

TEXT_LIMITS = {speech.USERNAME: 255, speech.PASSWORD: 1024}  # characters
BODY_LIMIT, TOKEN_LIMIT = 16 << 10, 8 << 10  # bytes
MORE_PATHS = {"/", "/auth/me", "/livez", "/readyz", "/openapi.json", "/openapi.yaml", "/docs", "/docs/"}
DEPTH = 16  # of what a token's header and claims may nest


class Duplicate(ValueError):
    pass


class Constant(ValueError):
    pass


def pairs(members):
    names = [name for name, _ in members]
    # encoding/json and others bind Exp to exp: two that differ only so are one
    # name to some reader.
    if len({n.casefold() for n in names}) != len(names):
        raise Duplicate("a name stands twice")
    return dict(members)


def constant(_):
    raise Constant("NaN and Infinity are no JSON (RFC 8259, section 6)")


def strict_json(data):
    """(value, None), or (None, why not) with why one of encoding, syntax,
    duplicate."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None, "encoding"
    if text.startswith("\ufeff"):
        return None, "encoding"
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant), None
    except Duplicate:
        # Raised where the object ends: what comes later may be wrong too.
        return None, "duplicate" if loosely_json(text) else "syntax"
    except (ValueError, RecursionError):
        return None, "syntax"


def loosely_json(text):
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def token_json(data):
    """strict_json with what restauth asks of a token beside: whole characters,
    little nesting."""
    value, why = strict_json(data or b"")
    if why is None and (re.search("[\ud800-\udfff]", json.dumps(value, ensure_ascii=False)) or depth(value) > DEPTH):
        return None, "syntax"
    return value, why


def depth(value):
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def facts(request, rows):
    """The set of facts about a minted request. rows(name) lists the (id,
    username, hash) that the column's collation finds, by id."""
    path = request.target.split("?")[0]
    found = set()
    if request.method == "OPTIONS":
        found.add("options")
    if request.target.startswith("//"):
        found.add("double-slash")
    if path in MORE_PATHS:
        found.add("more-paths")
    if len(request.values("Authorization")) > 1:
        found.add("two-authorizations")
    if path == speech.PATH and request.method == "POST":
        found |= login_facts(request, rows)
    if path == "/rest-auth" and request.method in ("GET", "HEAD"):
        found |= guard_facts(request)
    return found


def login_facts(request, rows):
    found = set()
    kind = b",".join(request.values("Content-Type")).split(b";")[0].strip().lower()
    if kind != b"application/json":
        found.add("content-type")
    body = request.body or b""
    if len(body) > BODY_LIMIT:
        found.add("body-size")
    value, why = strict_json(body)
    if why:
        return found | {"body-" + why}
    if not isinstance(value, dict):
        return found | {"body-not-object"}
    if set(value) != set(TEXT_LIMITS):
        found.add("members")
    for name, limit in TEXT_LIMITS.items():
        text = value.get(name)
        if not isinstance(text, str) or not text:
            found.add("members")
            continue
        if "\0" in text:
            found.add("nul")
        if re.search("[\ud800-\udfff]", text):
            found.add("surrogate")
        elif len(text) > limit:
            found.add("text-size")
    return found if found & {"members", "nul", "surrogate"} else found | row_facts(value[speech.USERNAME], rows)


def row_facts(username, rows):
    matching = rows(username)
    exact = [r for r in matching if r[1] == username]
    if not matching:
        return set()
    if not exact and len(matching) > 1:
        return {"name-ambiguous"}
    row = (exact or matching)[0]
    found = {"name-exact-later"} if row != matching[0] else set()
    if (row[2] or "").startswith(("scrypt:", "$argon2id$", "$2a$", "$2b$", "$2y$")):
        found.add("newer-hash")
    if re.match(r"pbkdf2:[^:$]*\$", row[2] or ""):
        found.add("hash-without-count")
    return found


def guard_facts(request):
    values = request.values("Authorization")
    if len(values) != 1:
        return set()
    value, found = values[0], set()
    # Python splits at more white space than HTTP has (RFC 9110, section 5.6.3).
    if re.search(rb"[^\t -~]", value):
        found.add("authorization-bytes")
    scheme, token = tokens.split(value)
    if token is None or scheme not in speech.SCHEMES:
        return found
    if len(token) > TOKEN_LIMIT:
        found.add("token-size")
    if not tokens.is_compact(token):
        found.add("token-form")
    header, payload = tokens.parts(token)
    return found | header_facts(header) | claim_facts(payload)


def header_facts(data):
    value, why = token_json(data)
    if why == "duplicate":
        return {"header-duplicate"}
    if not isinstance(value, dict):
        return {"header-json"}
    found = set()
    if not isinstance(value.get("alg"), str):
        found.add("header-alg")
    if set(value) & {"crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c"}:
        found.add("header-parameters")
    typ, kid = value.get("typ", "JWT"), value.get("kid", "")
    # RFC 7515, section 4.1.9: the "application/" of a media type may be left out.
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in ("jwt", "at+jwt"):
        found.add("header-parameters")
    if not isinstance(kid, str) or len(kid) > 128:
        found.add("header-parameters")
    if any(n != n.lower() and n.lower() in ("alg", "typ", "kid", "crit") for n in value):
        found.add("header-duplicate")
    return found


# What says that a token is an access token.
KINDS = {"access", "access_token", "bearer", "jwt", "at+jwt", "application/at+jwt"}


def claim_facts(data):
    value, why = token_json(data)
    if why == "duplicate":
        return {"claims-duplicate"}
    if not isinstance(value, dict):
        return {"claims-json"}
    found = set()
    for name in ("exp", "iat", "nbf"):
        claim = value.get(name, 0)
        # Beyond 2^53 JSON parsers disagree (RFC 8259, section 6).
        # A null that is required is a missing claim to both.
        if (claim is not None or name not in speech.REQUIRED) and (type(claim) not in (int, float) or not abs(claim) < 1 << 53):
            found.add("time-type")
    registered = {"exp", "iat", "nbf", "identity", "sub", "aud", "iss", "jti"}
    if any(n != n.lower() and n.lower() in registered for n in value):
        found.add("claims-duplicate")
    identity = value.get("identity")
    if isinstance(identity, str) and re.fullmatch("0|[1-9][0-9]*", identity, re.ASCII):
        identity = int(identity)
    if type(identity) is not int or not -(1 << 63) <= identity < 1 << 63:
        found.add("identity-type")
    if any(n in value and str(value[n]).lower() not in KINDS for n in ("type", "token_type", "typ")):
        found.add("token-kind")
    if value.get("sub", str(identity)) != str(identity):
        found.add("sub")
    audience = value.get("aud", "")
    if not isinstance(audience, str) and not (isinstance(audience, list) and all(isinstance(a, str) for a in audience)):
        found.add("aud-type")
    if not isinstance(value.get("jti", ""), str):
        found.add("jti-type")
    return found
