"""Servers that took an older one's place, and call things as that did."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from server import Answer, serving, standing_in

from restauth_client import AsyncRestauth, Dialect, InvalidCredentials, Restauth, RestauthError

GREETING = "You are an authenticate person to see this message"

# A server's flags, and what a client says of them.
THEIRS: dict[str, tuple[list[str], Dialect]] = {
    "path": (["--login-path=/api/login"], Dialect(login_path="/api/login")),
    "members": (
        [
            "--login-username-member=email",
            "--login-password-member=pass",
            "--login-token-member=token",
        ],
        Dialect(username_member="email", password_member="pass", token_member="token"),
    ),
    "flask": (["--login-answer=flask"], Dialect()),
    "all": (
        [
            "--login-path=/login",
            "--login-username-member=email",
            "--login-password-member=pass",
            "--login-token-member=jwt",
            "--login-answer=flask",
            "--authorization-prefix=Token",
        ],
        Dialect(
            login_path="/login",
            username_member="email",
            password_member="pass",
            token_member="jwt",
            authorization_prefix="Token",
        ),
    ),
}


class Seen:
    """Methods and schemes that went by."""

    def __init__(self) -> None:
        self.logins = 0
        self.schemes: set[str] = set()

    def _note(self, request: httpx.Request) -> None:
        self.logins += request.method == "POST"
        if "Authorization" in request.headers:
            self.schemes.add(request.headers["Authorization"].split(" ")[0])

    async def _note_async(self, request: httpx.Request) -> None:
        self._note(request)

    def hooks(self) -> dict[str, Any]:
        return {"event_hooks": {"request": [self._note]}}

    def async_hooks(self) -> dict[str, Any]:
        return {"event_hooks": {"request": [self._note_async]}}


@pytest.mark.parametrize("name", THEIRS)
def test_at_a_real_server(binary: Path, name: str) -> None:
    flags, dialect = THEIRS[name]
    with serving(binary, "--demo", *flags) as server:
        seen = Seen()
        with Restauth(server.url, "roy", "roy", dialect=dialect, httpx_args=seen.hooks()) as api:
            assert [api.get_rest_auth() for _ in range(3)] == [GREETING] * 3
            assert api.get_current_user().username == "roy"
            assert (api.device_token is None) == ("--login-answer=flask" in flags)
            assert seen.logins == 1
            assert seen.schemes == {dialect.authorization_prefix}
            assert api.login().expires_in == 300
        with Restauth(server.url, "roy", "no", dialect=dialect) as api:
            with pytest.raises(InvalidCredentials):
                api.login()


@pytest.mark.anyio
async def test_in_async_code(binary: Path) -> None:
    flags, dialect = THEIRS["all"]
    with serving(binary, "--demo", *flags) as server:
        seen = Seen()
        args = seen.async_hooks()
        async with AsyncRestauth(server.url, "roy", "roy", dialect=dialect, httpx_args=args) as api:
            assert await api.get_rest_auth() == GREETING
            assert await api.get_rest_auth() == GREETING
            assert seen.logins == 1
            assert seen.schemes == {"Token"}


def compact(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"a.{payload}.c"


@pytest.mark.parametrize(
    ("token", "life"),
    [
        (compact({"exp": 1000, "iat": 900}), 100),
        (compact({"exp": 1000}), 300),
        (compact({"exp": 900, "iat": 1000}), 300),
        (compact({"exp": 1e30, "iat": 1}), 300),
        (compact({"exp": "x", "iat": 1}), 300),
        (compact([]), 300),
        ("abc", 300),
    ],
)
def test_life_of_a_token_that_comes_alone(token: str, life: int) -> None:
    answer = Answer(200, {"token": token}, "application/json")
    with standing_in(lambda _: answer) as (url, _):
        with Restauth(url, "roy", "roy", dialect=Dialect(token_member="token")) as api:
            assert api.login().expires_in == life


@pytest.mark.parametrize("body", [{"access_token": "a.b.c"}, [], {"token": 1}, b"<html>"])
def test_answers_in_another_dialect(body: Any) -> None:
    answer = Answer(200, body, "application/json")
    with standing_in(lambda _: answer) as (url, _):
        with Restauth(url, "roy", "roy", dialect=Dialect(token_member="token")) as api:
            with pytest.raises(RestauthError):
                api.login()


@pytest.mark.parametrize(
    "arguments",
    [{"login_path": "login"}, {"login_path": "/login?x"}, {"authorization_prefix": "My Token"}],
)
def test_a_dialect_that_no_server_has(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must"):
        Dialect(**arguments)
