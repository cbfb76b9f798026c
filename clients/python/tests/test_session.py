"""Sessions in threads, against the real server."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Union

import httpx
import pytest
from server import TOKEN, Answer, Server, serving, standing_in

from restauth_client import InvalidCredentials, Restauth, RestauthError, Unauthorized, User
from restauth_client.gen.api.guarded import get_rest_auth

MESSAGE = "You are an authenticate person to see this message"


def logins(server: Server) -> int:
    return len(server.lines(operation="login"))


def test_logs_in_once_and_calls_guarded_operations(demo: Server) -> None:
    before = logins(demo)
    with Restauth(demo.url, "roy", "roy") as api:
        assert api.get_rest_auth() == MESSAGE
        assert api.get_current_user() == User(id=1, subject="1", username="roy")
        assert api.call(get_rest_auth.sync_detailed) == MESSAGE
    assert logins(demo) - before == 1


def test_login_answers_the_token_that_later_calls_use(demo: Server) -> None:
    before = logins(demo)
    with Restauth(demo.url, "roy", "roy") as api:
        token = api.login()
        assert token.token_type.value == "Bearer"
        assert token.expires_in == 300
        assert api.access_token() == token.access_token
        assert api.login().access_token != token.access_token
    assert logins(demo) - before == 2


def test_base_url_may_end_in_a_slash(demo: Server) -> None:
    with Restauth(demo.url + "/", "roy", "roy") as api:
        assert api.get_rest_auth() == MESSAGE


def test_base_url_may_have_a_path() -> None:
    def answer(request: str) -> Answer:
        return TOKEN if request == "POST /login/auth" else Answer(200, MESSAGE, "application/json")

    with standing_in(answer) as (url, asked), Restauth(f"{url}/login", "roy", "roy") as api:
        assert api.get_rest_auth() == MESSAGE
    assert asked == ["POST /login/auth", "GET /login/rest-auth"]


def test_renews_the_token_before_its_end(brief: Server) -> None:
    before = logins(brief)
    refused = len(brief.lines(status=401))
    with Restauth(brief.url, "roy", "roy") as api:
        begin = time.monotonic()
        first = api.access_token()
        while time.monotonic() < begin + 3:
            assert api.get_rest_auth() == MESSAGE
            time.sleep(0.1)
        assert api.access_token() != first
    # A token is not renewed in the first one and a half of its two seconds.
    assert 2 <= logins(brief) - before <= 1 + (time.monotonic() - begin) // 1.5
    # Renewed in time: the server never had to refuse one.
    assert len(brief.lines(status=401)) == refused


def test_renews_a_token_that_the_server_refuses(
    brief: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = logins(brief)
    with Restauth(brief.url, "roy", "roy") as api:
        now = api._cell.now()
        monkeypatch.setattr(api._cell, "_clock", lambda: now)  # A clock that stands still.
        assert api.get_rest_auth() == MESSAGE
        time.sleep(3.1)  # Past exp, which counts in whole seconds.
        assert api.get_rest_auth() == MESSAGE
    assert logins(brief) - before == 2
    assert brief.lines(operation="getRestAuth", status=401)


def test_twenty_threads_share_one_login(demo: Server) -> None:
    before = logins(demo)
    with Restauth(demo.url, "roy", "roy") as api, ThreadPoolExecutor(20) as threads:
        calls = [threads.submit(api.get_rest_auth) for _ in range(20)]
        assert [call.result() for call in calls] == [MESSAGE] * 20
    assert logins(demo) - before == 1


def test_twenty_threads_share_one_renewal(brief: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    before = logins(brief)
    with Restauth(brief.url, "roy", "roy") as api, ThreadPoolExecutor(20) as threads:
        now = api._cell.now()
        monkeypatch.setattr(api._cell, "_clock", lambda: now)
        api.login()
        time.sleep(3.1)
        calls = [threads.submit(api.get_rest_auth) for _ in range(20)]
        assert [call.result() for call in calls] == [MESSAGE] * 20
    assert logins(brief) - before == 2


def test_threads_share_a_failed_login() -> None:
    def answer(_: str) -> Answer:
        time.sleep(0.5)  # Long enough for all to be waiting.
        return Answer(401, {})

    def ask() -> Union[str, RestauthError]:
        try:
            return api.get_rest_auth()
        except RestauthError as error:
            return error

    with standing_in(answer) as (url, asked), Restauth(url, "roy", "wrong") as api:
        with ThreadPoolExecutor(20) as threads:
            errors = list(threads.map(lambda _: ask(), range(20)))
        assert {type(error) for error in errors} == {InvalidCredentials}
        assert len({id(error) for error in errors}) == 20  # Each its own traceback.
        assert asked == ["POST /auth"]
        # The next call is a new try: the password may be right by now.
        with pytest.raises(InvalidCredentials):
            api.get_rest_auth()
        assert asked == ["POST /auth"] * 2


def test_a_refused_new_token_is_unauthorized_after_one_renewal(demo: Server) -> None:
    def spoil(request: httpx.Request) -> None:
        if "Authorization" in request.headers:
            request.headers["Authorization"] += "x"

    before = logins(demo)
    hooks = {"event_hooks": {"request": [spoil]}}
    with Restauth(demo.url, "roy", "roy", httpx_args=hooks) as api:
        with pytest.raises(Unauthorized) as caught:
            api.get_rest_auth()
    assert caught.value.status == 401
    assert caught.value.error == "Invalid token"
    assert logins(demo) - before == 2


def test_a_deleted_user_is_told_so_at_the_next_call(binary: Path, tmp_path: Path) -> None:
    users = f"--users=sqlite:{tmp_path}/users.db"
    password = "fifteen characters at least"

    def user(*arguments: str) -> None:
        subprocess.run([binary, "user", *arguments, users], input=password, check=True, text=True)

    user("add", "ann")
    with serving(binary, users) as server, Restauth(server.url, "ann", password) as api:
        assert api.get_current_user().username == "ann"
        user("delete", "ann", "--yes")
        time.sleep(1.5)  # A server may remember for a second who existed.
        with pytest.raises(InvalidCredentials):
            api.get_current_user()


def test_a_body_is_sent_again_with_the_new_token() -> None:
    bodies = iter([Answer(401, {}), Answer(200, "done", "application/json")])

    def answer(request: str) -> Answer:
        return TOKEN if request == "POST /auth" else next(bodies)

    def chunks() -> Iterator[bytes]:
        yield b"read "
        yield b"once"

    with standing_in(answer) as (url, asked), Restauth(url, "roy", "roy") as api:
        client = api._guarded.get_httpx_client()
        assert client.post("/orders", content=chunks()).json() == "done"
    assert asked == ["POST /auth", "POST /orders", "POST /auth", "POST /orders"]


@pytest.mark.parametrize("url", ["", "/auth", "127.0.0.1:5000", "ftp://host", "http://"])
def test_a_base_url_that_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url must begin with http"):
        Restauth(url, "roy", "roy")


def test_a_password_that_cannot_be_sent_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="lone surrogates") as caught:
        Restauth("http://127.0.0.1", "roy", "hidden\udc80")
    assert "hidden" not in str(caught.value)


def test_arguments_that_do_not_fit_are_a_type_error(demo: Server) -> None:
    with Restauth(demo.url, "roy", "roy") as api, pytest.raises(TypeError, match="colour"):
        api.call(get_rest_auth.sync_detailed, colour="red")


def test_the_repr_shows_no_secret(demo: Server) -> None:
    with Restauth(demo.url, "roy", "hidden") as api:
        assert repr(api) == f"<Restauth {demo.url}>"
    with Restauth("http://u:hidden@host/base/", "roy", "hidden") as api:
        assert "hidden" not in repr(api)
