"""What httpx does around each request: sign it, renew once, raise typed errors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator, Iterator
from contextlib import contextmanager
from typing import Callable, Optional

import httpx

from .errors import InvalidCredentials, RestauthError, Unauthorized, Unavailable, raise_for_error

# Gives a token, any but the one named.
TokenSource = Callable[[Optional[str]], str]
AsyncTokenSource = Callable[[Optional[str]], Awaitable[str]]


class Anonymous(httpx.Auth):
    """Sends no token; 401 means wrong credentials."""

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send and check."""
        response = yield request
        response.read()
        raise_for_error(response, InvalidCredentials)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send and check."""
        response = yield request
        await response.aread()
        raise_for_error(response, InvalidCredentials)


class Bearer(httpx.Auth):
    """Sends a token, and once more with a new one when it is refused."""

    def __init__(self, token: TokenSource, scheme: str = "Bearer") -> None:
        self._token = token
        self._scheme = scheme

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign, send, renew at most once, check."""
        request.read()  # A body that was streamed could not be sent again.
        token = self._token(None)
        response = yield _sign(request, self._scheme, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response = yield _sign(request, self._scheme, self._token(token))
        response.read()
        raise_for_error(response, Unauthorized)


class AsyncBearer(httpx.Auth):
    """`Bearer` for an `httpx.AsyncClient`."""

    def __init__(self, token: AsyncTokenSource, scheme: str = "Bearer") -> None:
        self._token = token
        self._scheme = scheme

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign, send, renew at most once, check."""
        await request.aread()
        token = await self._token(None)
        response = yield _sign(request, self._scheme, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response = yield _sign(request, self._scheme, await self._token(token))
        await response.aread()
        raise_for_error(response, Unauthorized)


def _sign(request: httpx.Request, scheme: str, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"{scheme} {token}"
    return request


@contextmanager
def translated() -> Iterator[None]:
    """Turn what httpx and the generated code raise into a `RestauthError`."""
    try:
        yield
    except (
        httpx.TimeoutException,
        httpx.NetworkError,
        httpx.RemoteProtocolError,
        httpx.ProxyError,
    ) as error:
        message = f"the server cannot be reached ({type(error).__name__})"
        raise Unavailable(message) from error
    except (ValueError, KeyError, TypeError, httpx.DecodingError) as error:
        message = "the answer is not what the contract describes"
        raise RestauthError(message) from error
