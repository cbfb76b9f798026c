"""Client for a restauth server: log in once, call guarded operations, get typed errors.

    with Restauth("http://127.0.0.1:5000", "roy", "roy") as api:
        print(api.get_rest_auth())

`Restauth` is for threads, `AsyncRestauth` for asyncio and trio. Underneath,
`restauth_client.gen` is the whole contract as generated from openapi.yaml:
models, and one module for each operation, which `call` calls with the token.
"""

from ._dialect import Dialect
from .errors import InvalidCredentials, RestauthError, Throttled, Unauthorized, Unavailable
from .gen import contract
from .gen.models import Problem, Token, User, Violation
from .session import AsyncRestauth, Restauth

__version__ = contract.VERSION

__all__ = [
    "AsyncRestauth",
    "Dialect",
    "InvalidCredentials",
    "Problem",
    "Restauth",
    "RestauthError",
    "Throttled",
    "Token",
    "Unauthorized",
    "Unavailable",
    "User",
    "Violation",
    "__version__",
]
