"""When a token is renewed, with a clock in hand."""

from __future__ import annotations

import pytest

from restauth_client import Token
from restauth_client._token import TokenCell
from restauth_client.gen.models.token_token_type import TokenTokenType


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("lifetime", "good_until"),
    [
        (1, 0.9),
        (2, 1.8),
        (60, 54.0),
        (100, 90.0),
        (300, 290.0),
        (86400, 86390.0),
        (10**400, 86390.0),
    ],
)
def test_renewed_a_tenth_before_its_end_ten_seconds_at_most(
    lifetime: int, good_until: float
) -> None:
    clock = Clock()
    cell = TokenCell(clock)
    assert cell.usable() is None
    cell.keep(Token("a.b.c", TokenTokenType.BEARER, lifetime), asked_at=cell.now())
    clock.now = 1000 + good_until - 0.01
    assert cell.usable() == "a.b.c"
    assert cell.usable(refused="d.e.f") == "a.b.c"
    assert cell.usable(refused="a.b.c") is None
    clock.now = 1000 + good_until
    assert cell.usable() is None


def test_life_counts_from_the_request() -> None:
    clock = Clock()
    cell = TokenCell(clock)
    asked_at = cell.now()
    clock.now += 50
    cell.keep(Token("a.b.c", TokenTokenType.BEARER, 60), asked_at)
    clock.now += 3.9
    assert cell.usable() == "a.b.c"
    clock.now += 0.2
    assert cell.usable() is None
