"""Sessions in tasks, on asyncio and trio, against the real server."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from server import PATIENCE, SECRET, TOKEN, Answer, Server, serving, standing_in
from test_session import MESSAGE, logins

from restauth_client import (
    AsyncRestauth,
    InvalidCredentials,
    RestauthError,
    Throttled,
    Unauthorized,
    Unavailable,
    User,
)
from restauth_client.gen.api.guarded import get_rest_auth

pytestmark = pytest.mark.anyio


async def test_logs_in_once_and_calls_guarded_operations(demo: Server) -> None:
    before = logins(demo)
    async with AsyncRestauth(demo.url, "roy", "roy") as api:
        assert await api.get_rest_auth() == MESSAGE
        assert await api.get_current_user() == User(id=1, subject="1", username="roy")
        assert await api.call(get_rest_auth.asyncio_detailed) == MESSAGE
    assert logins(demo) - before == 1


async def test_login_answers_the_token_that_later_calls_use(demo: Server) -> None:
    async with AsyncRestauth(demo.url, "roy", "roy") as api:
        token = await api.login()
        assert await api.access_token() == token.access_token


async def test_renews_the_token_before_its_end(brief: Server) -> None:
    before = logins(brief)
    refused = len(brief.lines(status=401))
    begin = time.monotonic()
    async with AsyncRestauth(brief.url, "roy", "roy") as api:
        while time.monotonic() < begin + 3:
            assert await api.get_rest_auth() == MESSAGE
            await anyio.sleep(0.1)
    # A token is not renewed in the first one and a half of its two seconds.
    assert 2 <= logins(brief) - before <= 1 + (time.monotonic() - begin) // 1.5
    assert len(brief.lines(status=401)) == refused


async def test_renews_a_token_that_the_server_refuses(
    brief: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = logins(brief)
    async with AsyncRestauth(brief.url, "roy", "roy") as api:
        now = api._cell.now()
        monkeypatch.setattr(api._cell, "_clock", lambda: now)
        assert await api.get_rest_auth() == MESSAGE
        await anyio.sleep(3.1)
        assert await api.get_rest_auth() == MESSAGE
    assert logins(brief) - before == 2


async def test_twenty_tasks_share_one_login(demo: Server) -> None:
    before = logins(demo)
    answers = []

    async def ask() -> None:
        answers.append(await api.get_rest_auth())

    async with AsyncRestauth(demo.url, "roy", "roy") as api:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(ask)
    assert answers == [MESSAGE] * 20
    assert logins(demo) - before == 1


async def test_tasks_share_a_failed_login(demo: Server) -> None:
    before = logins(demo)
    errors: list[RestauthError] = []

    async def ask() -> None:
        try:
            await api.get_rest_auth()
        except RestauthError as error:
            errors.append(error)

    async with AsyncRestauth(demo.url, "roy", "wrong") as api:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(ask)
    assert [type(error) for error in errors] == [InvalidCredentials] * 20
    assert logins(demo) - before == 1


async def test_a_cancelled_login_leaves_the_next_task_its_own() -> None:
    received, cancelled = threading.Event(), threading.Event()

    def answer(request: str) -> Answer:
        if request == "POST /auth":
            received.set()
            cancelled.wait(PATIENCE)
            return TOKEN
        return Answer(200, MESSAGE, "application/json")

    with standing_in(answer) as (url, asked):
        async with AsyncRestauth(url, "roy", "roy") as api:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(api.get_rest_auth)
                # Until the server has the login, which it keeps waiting.
                assert await anyio.to_thread.run_sync(received.wait, PATIENCE)
                tasks.cancel_scope.cancel()
            cancelled.set()
            with anyio.fail_after(5):
                assert await api.get_rest_auth() == MESSAGE
    assert asked == ["POST /auth", "POST /auth", "GET /rest-auth"]


async def test_unauthorized() -> None:
    def answer(request: str) -> Answer:
        return TOKEN if request == "POST /auth" else Answer(401, {})

    with standing_in(answer) as (url, asked):
        async with AsyncRestauth(url, "roy", "roy") as api:
            with pytest.raises(Unauthorized):
                await api.get_rest_auth()
    assert asked == ["POST /auth", "GET /rest-auth"] * 2


async def test_throttled_says_how_long() -> None:
    with standing_in(lambda _: Answer(429, {}, headers={"Retry-After": "7"})) as (url, _):
        async with AsyncRestauth(url, "roy", "roy") as api:
            with pytest.raises(Throttled) as caught:
                await api.get_rest_auth()
    assert caught.value.retry_after == 7


async def test_unavailable_says_how_long(binary: Path) -> None:
    with serving(binary, "--users=mysql://u:p@127.0.0.1:1/x", RESTAUTH_SECRET_KEY=SECRET) as server:
        async with AsyncRestauth(server.url, "roy", "roy") as api:
            with pytest.raises(Unavailable) as caught:
                await api.get_rest_auth()
    assert caught.value.status == 503
    assert caught.value.retry_after >= 1


async def test_arguments_that_do_not_fit_are_a_type_error(demo: Server) -> None:
    async with AsyncRestauth(demo.url, "roy", "roy") as api:
        with pytest.raises(TypeError, match="colour"):
            await api.call(get_rest_auth.asyncio_detailed, colour="red")
