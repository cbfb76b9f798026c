"""Who calls, and what the contract cannot say.

CONTRACT_CALLER is nobody (no token, or whatever Schemathesis invents), user
(roy's token, got by logging in) or forger (roy's token, tampered with).
"""

import base64
import json
import os

import requests
import schemathesis
from hypothesis import strategies as st

CALLER = os.environ["CONTRACT_CALLER"]
ADDRESS = os.environ["CONTRACT_ADDRESS"]


def login():
    """Where the served document has its login, the tutorial's example of it, and the member
    of its answer that holds the token: in a dialect these have other names."""
    document = requests.get(f"{ADDRESS}/openapi.json", timeout=30).json()
    [(path, operation)] = [
        (path, operation)
        for path, item in document["paths"].items()
        for operation in item.values()
        if operation["operationId"] == "login"
    ]
    asked = operation["requestBody"]["content"]["application/json"]["examples"]["tutorial"]["value"]
    return path, asked, document["components"]["schemas"]["Token"]["required"][0]


def log_in():
    path, asked, token = login()
    answer = requests.post(ADDRESS + path, json=asked, timeout=30)
    answer.raise_for_status()
    return answer.json()[token]


def guarded(case):
    return bool(case.operation.definition.raw.get("security"))


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def headers():
    """Headers of a token as attackers write them (RFC 8725, section 2)."""
    algorithms = st.sampled_from(["none", "None", "NONE", "HS256", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA", "", None, 1])
    more = st.fixed_dictionaries({}, optional={
        "typ": st.sampled_from(["JWT", "jwt", "at+jwt", None]),
        "kid": st.sampled_from(["0", "../../dev/null", "' OR 1=1 --"]),
        "jwk": st.just({"kty": "oct", "k": "AAAA"}),
        "jku": st.just("http://127.0.0.1:9/keys"),
        "crit": st.sampled_from([["exp"], [], "exp"]),
        "zip": st.just("DEF"),
        "b64": st.booleans(),
    })
    return st.builds(lambda alg, rest: {"alg": alg, **rest}, algorithms, more)


def claims():
    """Claims that say more than roy may."""
    moments = st.one_of(st.integers(), st.floats(), st.text(max_size=8), st.none(), st.booleans())
    return st.fixed_dictionaries({"identity": st.one_of(st.integers(), st.text(max_size=8), st.none())}, optional={
        "exp": moments, "iat": moments, "nbf": moments, "sub": st.text(max_size=8), "aud": st.text(max_size=8),
    })


def forged(token):
    """Authorization headers that are near a good one, none of them good."""
    head, body, signature = token.split(".")
    at = st.integers(0, len(token) - 1)
    base64url = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ")
    tokens = st.one_of(
        st.builds(lambda i, c: token[:i] + c + token[i + 1:], at, base64url),
        st.builds(lambda i, c: token[:i] + c + token[i:], at, base64url),
        at.map(lambda i: token[:i]),
        at.map(lambda i: token[i + 1:]),
        st.builds(lambda h, s: f"{encoded(h)}.{body}.{s}", headers(), st.sampled_from([signature, "", "AA"])),
        st.builds(lambda c: f"{head}.{encoded(c)}.{signature}", claims()),
        st.builds(lambda h, c: f"{encoded(h)}.{encoded(c)}.", headers(), claims()),
        st.text(base64url, max_size=200),
    ).filter(lambda forgery: forgery.strip() != token)
    schemes = st.sampled_from(["Bearer ", "bearer ", "JWT ", "Bearer  ", "Bearer", "", "Basic ", "Bearer Bearer ", "Bearer\t"])
    return st.one_of(
        st.builds(str.__add__, schemes, tokens),
        st.sampled_from([token, f"Bearer {token} {token}", f"Bearer {token},{token}", f"Token {token}", f"Bearer={token}"]),
    )


if CALLER == "user":

    # Every 100 seconds a new one: a token lives 300.
    @schemathesis.auth(refresh_interval=100)
    class Roy:
        def get(self, case, context):
            return log_in()

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"


if CALLER == "forger":
    TOKEN = log_in()

    def tamper(case, authorization):
        case.headers["Authorization"] = authorization
        return case

    @schemathesis.hook
    def before_generate_case(context, strategy):
        return st.builds(tamper, strategy, forged(TOKEN))


@schemathesis.check
def only_good_tokens_get_in(context, response, case):
    if CALLER == "forger" and guarded(case) and response.status_code < 400:
        raise AssertionError(f"{case.headers.get('Authorization')!r} got in")


@schemathesis.check
def problem_agrees_with_its_response(context, response, case):
    """One Problem for all errors, which says what the status line says."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    problem = response.json()
    told = {problem["status"], problem["status_code"], response.status_code}
    if len(told) != 1:
        raise AssertionError(f"the problem and the response disagree on the status: {told}")
    if problem["detail"] != problem["description"]:
        raise AssertionError("detail and description differ")
    if [problem["request_id"]] != response.headers.get("x-request-id"):
        raise AssertionError("the problem's request_id is not the X-Request-Id")


@schemathesis.check
def nothing_submitted_comes_back(context, response, case):
    """No error repeats a value that was sent: it may be a password."""
    if response.status_code < 400:
        return
    for value in strings(case.body):
        if len(value) >= 12 and value in response.text:
            raise AssertionError("a submitted value is in the answer")


def strings(value):
    """The strings of a body; its member names may be those of the contract."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
