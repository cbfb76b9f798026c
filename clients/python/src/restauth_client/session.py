"""Log in once, call guarded operations: `Restauth`, and `AsyncRestauth` for async code."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar, Union, cast

import anyio
import httpx
from attrs import evolve

from ._dialect import Dialect, Login
from ._flow import Anonymous, AsyncBearer, Bearer, translated
from ._token import TokenCell
from .errors import RestauthError
from .gen import AuthenticatedClient, Client
from .gen.api.auth import get_current_user, login
from .gen.api.guarded import get_rest_auth
from .gen.models.credentials import Credentials
from .gen.models.problem import Problem
from .gen.models.token import Token
from .gen.models.user import User
from .gen.types import Response

__all__ = ["AsyncRestauth", "Restauth"]

_T = TypeVar("_T")
_Login = Callable[..., Response[Union[Problem, Token]]]
_AsyncLogin = Callable[..., Awaitable[Response[Union[Problem, Token]]]]

# Seconds, for connecting and for each wait on the server.
DEFAULT_TIMEOUT = 10.0


class _Session:
    """What both kinds of session hold. No I/O."""

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        device_token: Optional[str],
        dialect: Optional[Dialect],
    ) -> None:
        url = httpx.URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("base_url must begin with http:// or https:// and name a host")
        if not _encodable(username) or not _encodable(password):
            raise ValueError("username and password must not hold lone surrogates")
        self._where = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path.rstrip('/')}"
        self._credentials = Credentials(username=username, password=password)
        # In a dialect the operation is another; its answer is the same.
        self._login: _Login = login.sync_detailed
        self._async_login: _AsyncLogin = login.asyncio_detailed
        self._scheme = "Bearer"
        if dialect is not None:
            self._login = Login(dialect).sync_detailed
            self._async_login = Login(dialect).asyncio_detailed
            self._scheme = dialect.authorization_prefix
        self._cell = TokenCell()
        self._cell.keep_device(device_token)
        # The token is set for each request: the one here is never sent.
        self._anonymous = Client(base_url=base_url, raise_on_unexpected_status=True)
        self._guarded = AuthenticatedClient(
            base_url=base_url, token="", raise_on_unexpected_status=True
        )

    @property
    def device_token(self) -> Optional[str]:
        """The device token of the latest login; None without one.

        Each login brings it by itself, and so is known: whoever guesses at the
        user's password does not shut it out. A program that ends can keep it
        for its next run, as safely as a token.
        """
        return self._cell.device

    def _body(self) -> Credentials:
        """Return what a login sends."""
        device = self._cell.device
        return (
            self._credentials if device is None else evolve(self._credentials, device_token=device)
        )

    def _is_unknown(self, body: Credentials, error: RestauthError) -> bool:
        """Tell a server of before contract 1.3.0, which has no device tokens.

        Such as the other half of a cluster that is being upgraded. It is to be
        asked without.
        """
        return body is not self._credentials and error.status == HTTPStatus.BAD_REQUEST

    def __repr__(self) -> str:
        # Neither the password nor the token: a repr ends up in logs.
        return f"<{type(self).__name__} {self._where}>"


class Restauth(_Session):
    """A session of one user with one server. Safe for use by many threads.

    Nothing is sent before the first call. The token is renewed shortly before
    its end, and when the server refuses it; one login is under way at a time,
    and calls that wait for it share how it ends.

    Every method raises a `RestauthError`: `InvalidCredentials`, `Throttled`,
    `Unavailable`, `Unauthorized`, or the base class for any other answer.

    Args:
        base_url: Where the server is, such as "https://login.example.com".
        username: As the user types it.
        password: As the user types it. Kept in memory to log in again.
        device_token: What `device_token` was in an earlier run. Without it the
            first login is that of a new device.
        dialect: What the server calls otherwise than the contract, as its settings say.
        timeout: Seconds for connecting and for each wait on the server.
        httpx_args: More arguments of `httpx.Client`, such as verify or proxy.

    Raises:
        ValueError: when an argument can be of no use to any server.
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        device_token: Optional[str] = None,
        dialect: Optional[Dialect] = None,
        timeout: float = DEFAULT_TIMEOUT,
        httpx_args: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(base_url, username, password, device_token, dialect)
        self._lock = threading.Lock()
        common = {"base_url": base_url, "timeout": timeout, **(httpx_args or {})}
        self._anonymous.set_httpx_client(httpx.Client(**common, auth=Anonymous()))
        self._guarded.set_httpx_client(
            httpx.Client(**common, auth=Bearer(self._token, self._scheme))
        )

    def login(self) -> Token:
        """Log in now, whatever token is at hand: finds wrong credentials early."""
        with self._lock:
            return self._log_in()

    def access_token(self) -> str:
        """Return a token that is good now, to hand to another service."""
        return self._token(None)

    def get_current_user(self) -> User:
        """Return who the token belongs to, as the user table has it now."""
        return self.call(get_current_user.sync_detailed)

    def get_rest_auth(self) -> str:
        """Return the message that only authenticated callers see."""
        return self.call(get_rest_auth.sync_detailed)

    def call(
        self, operation: Callable[..., Response[Union[Problem, _T]]], /, **arguments: Any
    ) -> _T:
        """Call an operation of the contract with the token.

        Args:
            operation: `sync_detailed` of a module in `restauth_client.gen.api`.
            arguments: Its arguments, without `client`.
        """
        return _call(operation, self._guarded, arguments)

    def close(self) -> None:
        """Close the connections. The session cannot be used after it."""
        self._anonymous.get_httpx_client().close()
        self._guarded.get_httpx_client().close()

    def __enter__(self) -> Restauth:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _token(self, refused: Optional[str]) -> str:
        token = self._cell.usable(refused)
        if token is not None:
            return token
        ticket = self._cell.ticket()
        with self._lock:
            token = self._cell.usable(refused)
            if token is not None:
                return token
            self._cell.share_failure(ticket)
            return self._log_in().access_token

    def _log_in(self) -> Token:
        asked_at = self._cell.now()
        try:
            token = self._ask(self._body())
            self._cell.keep(token, asked_at)
        except RestauthError as error:
            self._cell.fail(error)
            raise
        return token

    def _ask(self, body: Credentials) -> Token:
        try:
            return _call(self._login, self._anonymous, {"body": body})
        except RestauthError as error:
            if not self._is_unknown(body, error):
                raise
        return self._ask(self._credentials)


class AsyncRestauth(_Session):
    """`Restauth` for async code, on asyncio and trio. Safe for use by many tasks.

    Arguments, behaviour and errors are those of `Restauth`; `httpx_args` are
    those of `httpx.AsyncClient`.
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        device_token: Optional[str] = None,
        dialect: Optional[Dialect] = None,
        timeout: float = DEFAULT_TIMEOUT,
        httpx_args: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(base_url, username, password, device_token, dialect)
        self._lock: Optional[anyio.Lock] = None
        common = {"base_url": base_url, "timeout": timeout, **(httpx_args or {})}
        self._anonymous.set_async_httpx_client(httpx.AsyncClient(**common, auth=Anonymous()))
        self._guarded.set_async_httpx_client(
            httpx.AsyncClient(**common, auth=AsyncBearer(self._token, self._scheme))
        )

    async def login(self) -> Token:
        """Log in now, whatever token is at hand: finds wrong credentials early."""
        async with self._locked():
            return await self._log_in()

    async def access_token(self) -> str:
        """Return a token that is good now, to hand to another service."""
        return await self._token(None)

    async def get_current_user(self) -> User:
        """Return who the token belongs to, as the user table has it now."""
        return await self.call(get_current_user.asyncio_detailed)

    async def get_rest_auth(self) -> str:
        """Return the message that only authenticated callers see."""
        return await self.call(get_rest_auth.asyncio_detailed)

    async def call(
        self,
        operation: Callable[..., Awaitable[Response[Union[Problem, _T]]]],
        /,
        **arguments: Any,
    ) -> _T:
        """Call an operation of the contract with the token.

        Args:
            operation: `asyncio_detailed` of a module in `restauth_client.gen.api`.
            arguments: Its arguments, without `client`.
        """
        return await _call_async(operation, self._guarded, arguments)

    async def aclose(self) -> None:
        """Close the connections. The session cannot be used after it."""
        await self._anonymous.get_async_httpx_client().aclose()
        await self._guarded.get_async_httpx_client().aclose()

    async def __aenter__(self) -> AsyncRestauth:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.aclose()

    def _locked(self) -> anyio.Lock:
        # Made inside the event loop: only there is it known which kind it is.
        if self._lock is None:
            self._lock = anyio.Lock()
        return self._lock

    async def _token(self, refused: Optional[str]) -> str:
        token = self._cell.usable(refused)
        if token is not None:
            return token
        ticket = self._cell.ticket()
        async with self._locked():
            token = self._cell.usable(refused)
            if token is not None:
                return token
            self._cell.share_failure(ticket)
            return (await self._log_in()).access_token

    async def _log_in(self) -> Token:
        asked_at = self._cell.now()
        try:
            token = await self._ask(self._body())
            self._cell.keep(token, asked_at)
        except RestauthError as error:
            self._cell.fail(error)
            raise
        return token

    async def _ask(self, body: Credentials) -> Token:
        try:
            return await _call_async(self._async_login, self._anonymous, {"body": body})
        except RestauthError as error:
            if not self._is_unknown(body, error):
                raise
        return await self._ask(self._credentials)


def _call(
    operation: Callable[..., Response[Union[Problem, _T]]],
    client: Union[Client, AuthenticatedClient],
    arguments: Mapping[str, Any],
) -> _T:
    # A call that does not fit the operation is a TypeError, not a bad answer.
    inspect.signature(operation).bind(client=client, **arguments)
    with translated():
        response = operation(client=client, **arguments)
    return _success(response)


async def _call_async(
    operation: Callable[..., Awaitable[Response[Union[Problem, _T]]]],
    client: Union[Client, AuthenticatedClient],
    arguments: Mapping[str, Any],
) -> _T:
    inspect.signature(operation).bind(client=client, **arguments)
    with translated():
        response = await operation(client=client, **arguments)
    return _success(response)


def _success(response: Response[Union[Problem, _T]]) -> _T:
    # Every problem was raised already. One that is here came with a 2xx that the
    # contract does not have.
    if isinstance(response.parsed, Problem):
        status = int(response.status_code)
        message = f"the contract has no status {status} here"
        raise RestauthError(message, status=status)
    return cast(_T, response.parsed)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
