"""What becomes of an answer that never comes, by the table that all clients share."""

from __future__ import annotations

from typing import Any, Optional

import anyio
import httpx
import pytest
from server import faulty, no_answers

from restauth_client import AsyncRestauth, Restauth, RestauthError, Unavailable

CASES = no_answers()
HANGING = [case for case in CASES if case["then"] == "hang"]


def timeout(case: dict[str, Any]) -> float:
    return 0.5 if case["then"] == "hang" else 10.0


def names(case: dict[str, Any]) -> str:
    name: str = case["name"]
    return name


def calls(case: dict[str, Any]) -> list[str]:
    """Return what meets the fault; a guarded call only where its login can be answered."""
    plain = case["listen"] == "plain" and case["scheme"] == "http"
    return ["login", "get_current_user"] if plain else ["login"]


def check(case: dict[str, Any], error: RestauthError) -> None:
    assert type(error) is (Unavailable if case["error"] == "Unavailable" else RestauthError)
    assert error.status == case["status"]
    if isinstance(error, Unavailable):
        assert error.retry_after == case["retry_after"]
        assert isinstance(error.__cause__, httpx.TransportError) == (case["status"] is None)
    assert "SECRET" not in f"{error!r}{vars(error)}"


@pytest.mark.parametrize("case", CASES, ids=names)
def test_the_same_error(case: dict[str, Any]) -> None:
    for call in calls(case):
        with faulty(case, good_login=call != "login") as url:
            with Restauth(url, "roy", "SECRET", timeout=timeout(case)) as api:
                with pytest.raises(RestauthError) as caught:
                    getattr(api, call)()
        check(case, caught.value)


@pytest.mark.anyio
@pytest.mark.parametrize("case", CASES, ids=names)
async def test_the_same_error_in_tasks(case: dict[str, Any]) -> None:
    for call in calls(case):
        with faulty(case, good_login=call != "login") as url:
            async with AsyncRestauth(url, "roy", "SECRET", timeout=timeout(case)) as api:
                with pytest.raises(RestauthError) as caught:
                    await getattr(api, call)()
        check(case, caught.value)


@pytest.mark.anyio
async def test_who_waits_for_the_same_login_sees_its_cause() -> None:
    (case,) = (case for case in CASES if case["name"] == "silent")
    errors: list[RestauthError] = []

    async def ask(api: AsyncRestauth) -> None:
        try:
            await api.get_rest_auth()
        except RestauthError as error:
            errors.append(error)

    with faulty(case) as url:
        async with AsyncRestauth(url, "roy", "SECRET", timeout=0.5) as api:
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(ask, api)
    assert [type(error.__cause__) for error in errors] == [httpx.ReadTimeout] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("case", HANGING, ids=names)
async def test_who_gives_up_is_cancelled(case: dict[str, Any]) -> None:
    for call in calls(case):
        seen: Optional[BaseException] = None
        with faulty(case, good_login=call != "login") as url:
            async with AsyncRestauth(url, "roy", "roy") as api:
                with anyio.move_on_after(0.2) as scope:
                    try:
                        await getattr(api, call)()
                    except BaseException as error:
                        seen = error
                        raise
        assert scope.cancel_called
        assert isinstance(seen, anyio.get_cancelled_exc_class())
