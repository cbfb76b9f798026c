"""Says what the client of openapi-python-client sees."""

import os

from restauth_client import AuthenticatedClient, Client
from restauth_client.api.auth import get_current_user, login
from restauth_client.api.guarded import get_rest_auth
from restauth_client.api.health import live
from restauth_client.models import Credentials, Health, Problem, Token, User
from restauth_client.types import Response


def report(name: str, response: Response) -> None:
    """Prints an error's status, the pause it asks for, and its words."""
    problem = response.parsed
    assert isinstance(problem, Problem), problem
    print(name, int(response.status_code), problem.status, f"[{response.headers.get('Retry-After', '')}]", problem.detail)


url = os.environ["RESTAUTH_URL"]
anonymous = Client(url)
health = live.sync(client=anonymous)
assert isinstance(health, Health), health
print("live", health.status)

token = login.sync(client=anonymous, body=Credentials("roy", "roy"))
assert isinstance(token, Token), token
caller = AuthenticatedClient(url, token.access_token)
print("message", get_rest_auth.sync(client=caller))
user = get_current_user.sync(client=caller)
assert isinstance(user, User), user
print("user", user.id, user.subject, user.username)

report("login-401", login.sync_detailed(client=anonymous, body=Credentials("roy", "wrong")))
report("token-401", get_rest_auth.sync_detailed(client=AuthenticatedClient(url, "forged")))

outage = AuthenticatedClient(os.environ["OUTAGE_URL"], os.environ["OUTAGE_TOKEN"])
report("login-503", login.sync_detailed(client=Client(os.environ["OUTAGE_URL"]), body=Credentials("roy", "roy")))
report("token-503", get_rest_auth.sync_detailed(client=outage))
