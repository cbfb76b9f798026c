"""Every error of the contract as its typed value, and answers outside the contract."""

from __future__ import annotations

import copy
import email.utils
import pickle
import socket
import time
from pathlib import Path
from typing import Any, Callable, Optional

import httpx
import pytest
from server import SECRET, TOKEN, Answer, Server, serving, standing_in

from restauth_client import (
    InvalidCredentials,
    Restauth,
    RestauthError,
    Throttled,
    Unauthorized,
    Unavailable,
    Violation,
)

# What the contract's statuses are here. A status that is new in the contract
# has to be given its place before the tests pass.
LOGIN: dict[str, type[RestauthError]] = {
    "400": RestauthError,
    "401": InvalidCredentials,
    "413": RestauthError,
    "415": RestauthError,
    "429": Throttled,
    "500": RestauthError,
    "503": Unavailable,
    "default": RestauthError,
}
GUARDED: dict[str, type[RestauthError]] = {**LOGIN, "401": Unauthorized}


def failure(call: Callable[[], object]) -> RestauthError:
    with pytest.raises(RestauthError) as caught:
        call()
    return caught.value


def resolve(contract: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    for part in node.get("$ref", "#").split("/")[1:]:
        contract = node = contract[part]
    return node


def documented(contract: dict[str, Any], path: str, method: str) -> dict[str, dict[str, Any]]:
    """Return the example of each error of an operation, by status."""
    return {
        status: next(
            iter(
                resolve(contract, response)["content"]["application/problem+json"][
                    "examples"
                ].values()
            )
        )["value"]
        for status, response in contract["paths"][path][method]["responses"].items()
        if status >= "400"
    }


@pytest.mark.parametrize(
    ("path", "method", "table", "call"),
    [
        ("/auth", "post", LOGIN, Restauth.login),
        ("/auth/me", "get", GUARDED, Restauth.get_current_user),
        ("/rest-auth", "get", GUARDED, Restauth.get_rest_auth),
    ],
)
def test_every_documented_error_has_its_type(
    contract: dict[str, Any],
    path: str,
    method: str,
    table: dict[str, type[RestauthError]],
    call: Callable[[Restauth], object],
) -> None:
    examples = documented(contract, path, method)
    assert examples
    for status, example in examples.items():

        def answer(request: str, status: str = status, example: dict[str, Any] = example) -> Answer:
            if request == "POST /auth" and path != "/auth":
                return TOKEN
            # The first of what default stands for is a path that is not there.
            code = example["status"] if status == "default" else int(status)
            return Answer(code, example, headers={"Retry-After": "7"})

        with standing_in(answer) as (url, _), Restauth(url, "roy", "roy") as api:
            error = failure(lambda: call(api))
        assert type(error) is table[status], status
        assert error.problem is not None
        members = {
            "type": error.type,
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
            "request_id": error.request_id,
            "error": error.error,
            "description": error.description,
        }
        assert members == {name: example[name] for name in members}
        assert [violation.to_dict() for violation in error.errors] == example.get("errors", [])
        if isinstance(error, (Throttled, Unavailable)):
            assert error.retry_after == 7


def test_invalid_credentials_of_the_server(demo: Server) -> None:
    with Restauth(demo.url, "roy", "wrong") as api:
        error = failure(api.get_rest_auth)
    assert type(error) is InvalidCredentials
    assert (error.status, error.error, error.description) == (
        401,
        "Bad Request",
        "Invalid credentials",
    )
    # The id leads to the line in the server's log.
    assert demo.lines(request_id=error.request_id, status=401)
    assert str(error) == f"401: Invalid credentials (request {error.request_id})"


def test_bad_request_of_the_server_names_the_rule(demo: Server) -> None:
    with Restauth(demo.url, "", "roy") as api:
        error = failure(api.login)
    assert type(error) is RestauthError
    assert error.status == 400
    assert error.errors == [Violation(pointer="/username", keyword="minLength")]


def test_content_too_large_of_the_server(demo: Server) -> None:
    with Restauth(demo.url, "roy", "hidden" * 4096) as api:
        error = failure(api.login)
    assert (type(error), error.status) == (RestauthError, 413)
    assert "hidden" not in f"{error!r}{vars(error)}"


def test_unsupported_media_type_of_the_server(demo: Server) -> None:
    def spoil(request: httpx.Request) -> None:
        request.headers["Content-Type"] = "text/plain"

    hooks = {"event_hooks": {"request": [spoil]}}
    with Restauth(demo.url, "roy", "roy", httpx_args=hooks) as api:
        error = failure(api.login)
    assert (type(error), error.status) == (RestauthError, 415)


def test_unavailable_of_the_server_says_how_long(binary: Path) -> None:
    with serving(binary, "--users=mysql://u:p@127.0.0.1:1/x", RESTAUTH_SECRET_KEY=SECRET) as server:
        with Restauth(server.url, "roy", "roy") as api:
            error = failure(api.get_rest_auth)
    assert isinstance(error, Unavailable)
    assert error.status == 503
    assert 1 <= error.retry_after <= 3600


def test_no_server_is_unavailable() -> None:
    with socket.socket() as taken:  # Bound, not listening: nobody else answers there.
        taken.bind(("127.0.0.1", 0))
        with Restauth(f"http://127.0.0.1:{taken.getsockname()[1]}", "roy", "roy") as api:
            error = failure(api.get_rest_auth)
    assert isinstance(error, Unavailable)
    assert (error.status, error.retry_after, error.problem) == (None, 1, None)
    assert str(error) == "the server cannot be reached (ConnectError)"
    assert isinstance(error.__cause__, httpx.ConnectError)


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Restauth(url, "roy", "roy", timeout=0.2) as api:
            error = failure(api.get_rest_auth)
    assert isinstance(error, Unavailable)
    assert str(error) == "the server cannot be reached (ReadTimeout)"


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("30", 30, 30),
        ("0", 1, 1),
        ("-5", 1, 1),
        ("1.5", 1, 1),
        ("soon", 1, 1),
        ("9" * 5000, 1, 1),
        (None, 1, 1),
        (email.utils.formatdate(time.time() + 600, usegmt=True), 500, 600),
        (email.utils.formatdate(0, usegmt=True), 1, 1),
        ("Wed, 99 Foo 2999 99:99:99 GMT", 1, 1),
    ],
)
def test_retry_after(value: Optional[str], low: int, high: int) -> None:
    headers = {} if value is None else {"Retry-After": value}
    page = Answer(503, b"<h1>down</h1>", "text/html", headers)
    with standing_in(lambda _: page) as (url, _), Restauth(url, "roy", "roy") as api:
        error = failure(api.login)
    assert isinstance(error, Unavailable)
    assert low <= error.retry_after <= high


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<h1>down</h1>",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        b'{"type":1,"title":2,"status":3,"detail":4,"request_id":5,'
        b'"status_code":6,"error":7,"description":8}',
    ],
)
def test_a_proxys_error_keeps_its_type(body: bytes) -> None:
    page = Answer(503, body, headers={"X-Request-Id": "from-the-proxy"})
    with standing_in(lambda _: page) as (url, _), Restauth(url, "roy", "roy") as api:
        error = failure(api.login)
    assert type(error) is Unavailable
    assert str(error) == "503: Service Unavailable (request from-the-proxy)"
    assert (error.problem, error.title) == (None, "Service Unavailable")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(302, b"", headers={"Location": "http://127.0.0.1:1/"}), "302: Found"),
        (Answer(418, {}), "418: I'm a Teapot"),
        (Answer(599, {}), "599: No usable answer"),
        (Answer(204, b""), "the answer is not what the contract"),
        (
            Answer(
                201,
                {
                    **dict.fromkeys(("type", "title", "detail", "request_id"), "x"),
                    **dict.fromkeys(("error", "description"), "x"),
                    **{"status": 201, "status_code": 201},
                },
            ),
            "the contract has no status 201 here",
        ),
        (Answer(299, b""), "the answer is not what the contract"),
        (Answer(200, b"<h1>hello</h1>", "text/html"), "the answer is not what the contract"),
        (Answer(200, []), "the answer is not what the contract"),
        (Answer(200, {"token_type": "Bearer", "expires_in": 1}), "the answer is not what"),
        (Answer(200, b"x", headers={"Content-Encoding": "gzip"}), "the answer is not what"),
    ],
)
def test_an_answer_outside_the_contract(answer: Answer, text: str) -> None:
    with standing_in(lambda _: answer) as (url, asked), Restauth(url, "roy", "roy") as api:
        error = failure(api.login)
    assert type(error) is RestauthError
    assert str(error).startswith(text)
    assert asked == ["POST /auth"]  # A redirect is not followed: it may lead anywhere.


@pytest.mark.parametrize(
    ("access_token", "expires_in"),
    [
        (None, 300),
        (7, 300),
        ("", 300),
        ("hidden\r\nX-Evil: 1", 300),
        ("hidden token", 300),
        ("h\u00efdden", 300),
        ("hidden", "300"),
        ("hidden", None),
        ("hidden", True),
        ("hidden", 0),
        ("hidden", -1),
        ("hidden", float("nan")),
    ],
)
def test_a_token_that_is_none(access_token: Any, expires_in: Any) -> None:
    body = {"access_token": access_token, "token_type": "Bearer", "expires_in": expires_in}
    answer = Answer(200, body, "application/json")
    with standing_in(lambda _: answer) as (url, asked), Restauth(url, "roy", "roy") as api:
        error = failure(api.get_rest_auth)
    assert type(error) is RestauthError
    assert str(error).startswith("the server's ")
    assert "hidden" not in f"{error!r}{vars(error)}"
    assert asked == ["POST /auth"]


def test_errors_copy_and_pickle(demo: Server) -> None:
    with Restauth(demo.url, "roy", "wrong") as api:
        error = failure(api.login)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 (our own)
        assert type(twin) is InvalidCredentials
        assert vars(twin) == vars(error)
        assert str(twin) == str(error)
