"""What a server calls otherwise than the contract, because it took an older one's place."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any, Union

import httpx

from .gen import AuthenticatedClient, Client
from .gen.api.auth import login
from .gen.models.credentials import Credentials
from .gen.models.problem import Problem
from .gen.models.token import Token
from .gen.types import Response

# Seconds that a token is thought to be good whose login does not say it, as with
# --login-answer flask, and neither does the token: Flask-JWT's default. One that
# ends earlier is refused and renewed.
_USUAL_LIFE = 300

_LONGEST = 1 << 31

_Answer = Response[Union[Problem, Token]]


@dataclass(frozen=True)
class Dialect:
    """The server's settings of the same names.

    Args:
        login_path: Such as "/login".
        username_member: Such as "email".
        password_member: What a login calls the password.
        token_member: Such as "token".
        authorization_prefix: In place of Bearer, for services that take nothing else.
    """

    login_path: str = field(default="/auth")
    username_member: str = field(default="username")
    password_member: str = field(default="password")
    token_member: str = field(default="access_token")
    authorization_prefix: str = field(default="Bearer")

    def __post_init__(self) -> None:
        """Refuse what no server has."""
        if not re.fullmatch(r"/[^?#%]*", self.login_path):
            raise ValueError("login_path must begin with / and have no ?, # or %")
        if not re.fullmatch(r"[^\s,]+", self.authorization_prefix):
            raise ValueError("authorization_prefix must be one word")


class Login:
    """The login of the contract, in a dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def sync_detailed(
        self, *, client: Union[AuthenticatedClient, Client], body: Credentials
    ) -> _Answer:
        """Log in."""
        response = client.get_httpx_client().request(**self._asked(body))
        return self._answered(client, response)

    async def asyncio_detailed(
        self, *, client: Union[AuthenticatedClient, Client], body: Credentials
    ) -> _Answer:
        """Log in."""
        response = await client.get_async_httpx_client().request(**self._asked(body))
        return self._answered(client, response)

    def _asked(self, body: Credentials) -> dict[str, Any]:
        names = {
            "username": self._dialect.username_member,
            "password": self._dialect.password_member,
        }
        members = {names.get(name, name): value for name, value in body.to_dict().items()}
        return {"method": "post", "url": self._dialect.login_path, "json": members}

    def _answered(
        self, client: Union[AuthenticatedClient, Client], response: httpx.Response
    ) -> _Answer:
        if response.status_code == httpx.codes.OK:
            response = self._whole(response)
        return login._build_response(client=client, response=response)

    def _whole(self, response: httpx.Response) -> httpx.Response:
        """Put an answer into the contract's names, with what an older server leaves out."""
        members = response.json()
        if not isinstance(members, dict):
            return response
        # A KeyError says that the answer is another one, as without a dialect.
        token = members.pop(self._dialect.token_member)
        usual = {"token_type": "Bearer", "expires_in": _life(token)}
        whole = {**usual, **members, "access_token": token}
        return httpx.Response(response.status_code, json=whole, request=response.request)


def _life(token: object) -> int:
    """Return how many seconds a token is good, by its own claims.

    They are not verified: this is only about when to ask for the next.
    """
    try:
        payload = str(token).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        life = int(claims["exp"] - claims["iat"])
    except (ValueError, KeyError, IndexError, TypeError, OverflowError):
        return _USUAL_LIFE
    return life if 1 <= life < _LONGEST else _USUAL_LIFE
