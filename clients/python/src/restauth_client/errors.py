"""What can go wrong, as exceptions. Each one is a `RestauthError`."""

from __future__ import annotations

import datetime
import email.utils
import re
from http import HTTPStatus
from typing import Optional

import httpx

from .gen.models.problem import Problem
from .gen.models.violation import Violation

__all__ = [
    "InvalidCredentials",
    "RestauthError",
    "Throttled",
    "Unauthorized",
    "Unavailable",
]


class RestauthError(Exception):
    """An answer other than the one asked for, with the problem's members (RFC 9457).

    Its text never holds a password or a token.

    Attributes:
        status: The HTTP status; None when there was no answer.
        type: Names the kind of problem; "about:blank" when the status says all.
        title: The kind of problem in words.
        detail: What went wrong this time.
        request_id: Names the request in the server's log; "" when unknown.
        error: Flask-JWT's name for the kind of problem.
        description: Flask-JWT's name for `detail`, in its words.
        errors: What the request violates of the contract, for status 400.
        problem: The answer's body; None when it was no problem, as from a proxy.
    """

    def __init__(
        self,
        message: str,
        *,
        status: Optional[int] = None,
        request_id: str = "",
        problem: Optional[Problem] = None,
    ) -> None:
        # Only the message is positional, so that copies and pickles work.
        super().__init__(message)
        self.status = status
        self.problem = problem
        self.request_id = request_id
        self.type = problem.type_ if problem else "about:blank"
        self.title = problem.title if problem else _phrase(status)
        self.detail = problem.detail if problem else message
        self.error = problem.error if problem else self.title
        self.description = problem.description if problem else message
        self.errors: list[Violation] = (problem.errors or []) if problem else []


class InvalidCredentials(RestauthError):
    """User name and password do not belong together."""


class Unauthorized(RestauthError):
    """The server refused the token, and a newly issued one too."""


class _Later(RestauthError):
    """An error that passes.

    Attributes:
        retry_after: Whole seconds to wait before trying again, at least 1; it
            is 1 when the server named no time.
    """

    retry_after: int = 1


class Throttled(_Later):
    """Too many logins from here or for this user. Wait `retry_after` seconds."""


class Unavailable(_Later):
    """The server cannot be reached or cannot answer now. Wait `retry_after` seconds.

    Without an answer `status` is None and `__cause__` is httpx's exception.
    """


def raise_for_error(response: httpx.Response, unauthorized: type[RestauthError]) -> None:
    """Raise what `response`, already read, stands for; a 2xx passes.

    `unauthorized` is what 401 means for the operation asked for.
    """
    if response.is_success:
        return
    status = response.status_code
    problem = _problem(response)
    message = problem.detail if problem else _phrase(status)
    request_id = problem.request_id if problem else response.headers.get("X-Request-Id", "")
    by_status: dict[int, type[RestauthError]] = {
        HTTPStatus.UNAUTHORIZED: unauthorized,
        HTTPStatus.TOO_MANY_REQUESTS: Throttled,
        # 502 and 504 are a proxy's words for a server that does not answer.
        HTTPStatus.BAD_GATEWAY: Unavailable,
        HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
        HTTPStatus.GATEWAY_TIMEOUT: Unavailable,
    }
    error = by_status.get(status, RestauthError)(
        f"{status}: {message}" + (f" (request {request_id})" if request_id else ""),
        status=status,
        request_id=request_id,
        problem=problem,
    )
    if isinstance(error, _Later):
        error.retry_after = _retry_after(response.headers.get("Retry-After", ""))
    raise error


def _problem(response: httpx.Response) -> Optional[Problem]:
    """Read the body as a problem; None when it is something else."""
    try:
        problem = Problem.from_dict(response.json())
    except (ValueError, KeyError, TypeError, RecursionError):
        return None  # A proxy's page, say: the status still says what to do.
    # The generated reader takes members of any type.
    words = (
        problem.type_,
        problem.title,
        problem.detail,
        problem.request_id,
        problem.error,
        problem.description,
    )
    return problem if all(isinstance(word, str) for word in words) else None


def _phrase(status: Optional[int]) -> str:
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return "No usable answer"


def _retry_after(value: str) -> int:
    """Read Retry-After, which is seconds or a date (RFC 9110, section 10.2.3)."""
    if re.fullmatch(r"[0-9]{1,9}", value):
        return max(1, int(value))
    try:
        # A proxy may send a date; the server itself sends seconds.
        date = email.utils.parsedate_to_datetime(value)
        wait = date - datetime.datetime.now(datetime.timezone.utc)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 1
    return max(1, int(wait.total_seconds()) + 1)
