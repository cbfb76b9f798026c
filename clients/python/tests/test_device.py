"""Device tokens: kept by a session, sent with its next login."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

import httpx
import pytest
from server import Answer, Server, serving, standing_in

from restauth_client import AsyncRestauth, InvalidCredentials, Restauth, RestauthError


class Logins:
    """The device tokens that logins bring, None where they bring none."""

    def __init__(self) -> None:
        self.brought: list[Optional[str]] = []

    def _note(self, request: httpx.Request) -> None:
        if request.method == "POST":
            self.brought.append(json.loads(request.content).get("device_token"))

    async def _note_async(self, request: httpx.Request) -> None:
        self._note(request)

    def noted(self) -> dict[str, Any]:
        return {"event_hooks": {"request": [self._note]}}

    def noted_async(self) -> dict[str, Any]:
        return {"event_hooks": {"request": [self._note_async]}}


def test_goes_with_the_next_login_and_the_first_of_the_next_run(demo: Server) -> None:
    logins = Logins()
    with Restauth(demo.url, "roy", "roy", httpx_args=logins.noted()) as api:
        before = api.device_token
        api.login()
        api.login()
        kept = api.device_token
    assert before is None
    assert kept
    with Restauth(demo.url, "roy", "roy", device_token=kept, httpx_args=logins.noted()) as api:
        api.login()
        assert api.device_token == kept
        assert kept not in repr(api)
    assert logins.brought == [None, kept, kept]
    with Restauth(demo.url, "roy", "roy", device_token=kept[1:]) as api:
        api.login()
        assert api.device_token != kept[1:]


@pytest.mark.anyio
async def test_in_async_code(demo: Server) -> None:
    logins = Logins()
    async with AsyncRestauth(demo.url, "roy", "roy", httpx_args=logins.noted_async()) as api:
        await api.login()
        await api.login()
        kept = api.device_token
    assert kept
    assert logins.brought == [None, kept]


def test_a_server_that_gives_none_is_sent_none(binary: Path) -> None:
    logins = Logins()
    with serving(binary, "--demo", "--device-token-lifetime=0s") as server:
        with Restauth(server.url, "roy", "roy", httpx_args=logins.noted()) as api:
            api.login()
            api.login()
            assert api.device_token is None
    assert logins.brought == [None, None]


def older(status: int, bodies: list[bytes]) -> Any:
    """Answer as a server does that refuses the member."""

    def answer(_: str) -> Answer:
        if b"device_token" in bodies[-1]:
            return Answer(status, {})
        token = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 300}
        return Answer(200, {**token, "device_token": "x" * 256}, "application/json")

    return answer


@pytest.mark.parametrize(("status", "asked"), [(400, 2), (401, 1), (429, 1), (503, 1)])
def test_at_an_older_server(status: int, asked: int) -> None:
    bodies: list[bytes] = []
    with standing_in(older(status, bodies), bodies) as (url, _):
        with Restauth(url, "roy", "roy", device_token="kept") as api:
            if asked == 2:
                assert api.access_token() == "a.b.c"
            else:
                with pytest.raises(InvalidCredentials if status == 401 else RestauthError):
                    api.access_token()
            assert len(bodies) == asked
            # What the answer has is too long to be one.
            assert api.device_token == "kept"


@pytest.mark.anyio
async def test_at_an_older_server_in_async_code() -> None:
    bodies: list[bytes] = []
    with standing_in(older(400, bodies), bodies) as (url, _):
        async with AsyncRestauth(url, "roy", "roy", device_token="kept") as api:
            assert await api.access_token() == "a.b.c"
    assert len(bodies) == 2


@pytest.mark.parametrize("device", ["", "x" * 256, "\ud800", "ü", 7, None])
def test_what_is_no_device_token_is_not_sent(demo: Server, device: Any) -> None:
    logins = Logins()
    with Restauth(demo.url, "roy", "roy", device_token=device, httpx_args=logins.noted()) as api:
        api.login()
    assert logins.brought == [None]
