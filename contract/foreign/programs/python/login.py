"""Says what the client of openapi-generator's Python sees."""

import os
from collections.abc import Callable

from openapi_client import ApiClient, AuthApi, Configuration, Credentials, GuardedApi, HealthApi, Problem
from openapi_client.exceptions import ServiceException, UnauthorizedException


def report(name: str, call: Callable[[], object]) -> None:
    """Prints an error's status, the pause it asks for, and its words."""
    try:
        call()
    except (UnauthorizedException, ServiceException) as error:
        problem = error.data
        assert isinstance(problem, Problem), problem
        print(name, error.status, problem.status, f"[{error.headers.get('Retry-After', '')}]", problem.detail)
        return
    raise AssertionError(f"{name}: no error")


def caller(token: str, host: str | None = None) -> ApiClient:
    return ApiClient(Configuration(access_token=token, host=host))


print("live", HealthApi(ApiClient(Configuration())).live().status)

auth = AuthApi(ApiClient(Configuration()))
token = auth.login(Credentials(username="roy", password="roy")).access_token
print("message", GuardedApi(caller(token)).get_rest_auth())
user = AuthApi(caller(token)).get_current_user()
print("user", user.id, user.subject, user.username)

report("login-401", lambda: auth.login(Credentials(username="roy", password="wrong")))
report("token-401", lambda: GuardedApi(caller("forged")).get_rest_auth())

outage = caller(os.environ["OUTAGE_TOKEN"], os.environ["OUTAGE_URL"])
report("login-503", lambda: AuthApi(outage).login(Credentials(username="roy", password="roy")))
report("token-503", lambda: GuardedApi(outage).get_rest_auth())
