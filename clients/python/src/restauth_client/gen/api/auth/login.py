from http import HTTPStatus
from typing import Any, Optional, Union

import httpx

from ...client import AuthenticatedClient, Client
from ...models.credentials import Credentials
from ...models.problem import Problem
from ...models.token import Token
from ...types import Response


def _get_kwargs(
    *,
    body: Credentials,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/auth",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: Union[AuthenticatedClient, Client], response: httpx.Response
) -> Union[Problem, Token]:
    if response.status_code == 200:
        response_200 = Token.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    response_default = Problem.from_dict(response.json())

    return response_default


def _build_response(
    *, client: Union[AuthenticatedClient, Client], response: httpx.Response
) -> Response[Union[Problem, Token]]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: Union[AuthenticatedClient, Client],
    body: Credentials,
) -> Response[Union[Problem, Token]]:
    """Log in with a user name and a password

     Answers an access token. An unknown user and a wrong password get the
    same answer after the same work.

    It also answers a device token, unless the server is set to give none. A
    client that keeps it, and sends it with this user's next login, is known:
    whoever guesses at the user's password from elsewhere does not lock it out.

    Args:
        body (Credentials): A user name and a password, and the device token of an earlier login
            where
            there is one. No other member is allowed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Union[Problem, Token]]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: Union[AuthenticatedClient, Client],
    body: Credentials,
) -> Optional[Union[Problem, Token]]:
    """Log in with a user name and a password

     Answers an access token. An unknown user and a wrong password get the
    same answer after the same work.

    It also answers a device token, unless the server is set to give none. A
    client that keeps it, and sends it with this user's next login, is known:
    whoever guesses at the user's password from elsewhere does not lock it out.

    Args:
        body (Credentials): A user name and a password, and the device token of an earlier login
            where
            there is one. No other member is allowed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Union[Problem, Token]
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: Union[AuthenticatedClient, Client],
    body: Credentials,
) -> Response[Union[Problem, Token]]:
    """Log in with a user name and a password

     Answers an access token. An unknown user and a wrong password get the
    same answer after the same work.

    It also answers a device token, unless the server is set to give none. A
    client that keeps it, and sends it with this user's next login, is known:
    whoever guesses at the user's password from elsewhere does not lock it out.

    Args:
        body (Credentials): A user name and a password, and the device token of an earlier login
            where
            there is one. No other member is allowed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Union[Problem, Token]]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: Union[AuthenticatedClient, Client],
    body: Credentials,
) -> Optional[Union[Problem, Token]]:
    """Log in with a user name and a password

     Answers an access token. An unknown user and a wrong password get the
    same answer after the same work.

    It also answers a device token, unless the server is set to give none. A
    client that keeps it, and sends it with this user's next login, is known:
    whoever guesses at the user's password from elsewhere does not lock it out.

    Args:
        body (Credentials): A user name and a password, and the device token of an earlier login
            where
            there is one. No other member is allowed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Union[Problem, Token]
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
