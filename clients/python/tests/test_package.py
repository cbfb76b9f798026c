"""The package as a whole: generated from this contract, importable, typed."""

from __future__ import annotations

import importlib
import importlib.resources
import pkgutil
from typing import TYPE_CHECKING, Any, get_type_hints

import restauth_client
import restauth_client.gen
from restauth_client import AsyncRestauth, Restauth, Token, User
from restauth_client.gen.api.auth import get_current_user

if TYPE_CHECKING:
    from typing_extensions import assert_type

    def types_that_callers_see(api: Restauth) -> None:
        assert_type(api.get_rest_auth(), str)
        assert_type(api.login(), Token)
        assert_type(api.call(get_current_user.sync_detailed), User)

    async def types_that_async_callers_see(api: AsyncRestauth) -> None:
        assert_type(await api.get_rest_auth(), str)
        assert_type(await api.login(), Token)
        assert_type(await api.call(get_current_user.asyncio_detailed), User)


def test_the_version_is_the_contracts(contract: dict[str, Any]) -> None:
    assert restauth_client.__version__ == contract["info"]["version"]


def test_every_operation_has_its_module(contract: dict[str, Any]) -> None:
    modules = {
        module.name.rpartition(".")[2]
        for module in pkgutil.walk_packages(restauth_client.gen.__path__, "restauth_client.gen.")
        if importlib.import_module(module.name)
    }
    operations = [
        operation["operationId"]
        for path in contract["paths"].values()
        for operation in path.values()
    ]
    assert len(operations) >= 5
    for operation in operations:
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in operation)
        assert snake in modules


def test_the_package_says_that_it_is_typed() -> None:
    assert importlib.resources.files(restauth_client).joinpath("py.typed").is_file()


def test_hints_can_be_read_at_run_time() -> None:
    for kind in (Restauth, AsyncRestauth):
        for name, member in vars(kind).items():
            if callable(member):
                assert get_type_hints(member) is not None, name
