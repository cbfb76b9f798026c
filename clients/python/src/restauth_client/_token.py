"""The token at hand: when it may be used, and how the last login ended."""

from __future__ import annotations

import copy
import re
import time
from typing import Callable, Optional

import httpx

from .errors import RestauthError
from .gen.models.token import Token

# A token is renewed this share of its life before its end, 10 seconds at most:
# a request that leaves with a good token should arrive with one.
_EARLY_SHARE = 0.1
_EARLY_MOST = 10.0

# Seconds. No server gives more; a wild number is not worth a failure.
_LONGEST = 86400

# The contract's bound of a device token.
_LONGEST_DEVICE = 255

# What may stand in a header behind "Bearer" (RFC 6750, section 2.1).
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


class TokenCell:
    """Holds one token, and a device token. It does no I/O and no locking.

    One thread or task at a time may call `keep`, `fail` and `share_failure`,
    under the owner's lock; `usable` and `ticket` may be called at any time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # One tuple, replaced as a whole: readers without the lock never see
        # the token of one login with the time of another.
        self._kept: Optional[tuple[str, float]] = None
        self.device: Optional[str] = None
        self._ended = 0
        self._failure: Optional[RestauthError] = None
        self._cause: Optional[Exception] = None

    def now(self) -> float:
        """Read the clock, in seconds, for `keep`."""
        return self._clock()

    def usable(self, refused: Optional[str] = None) -> Optional[str]:
        """Return the token; None when it is to be renewed or is the one refused."""
        kept = self._kept
        if kept is None or kept[0] == refused or self._clock() >= kept[1]:
            return None
        return kept[0]

    def ticket(self) -> int:
        """Remember what logins had ended before waiting for the lock."""
        return self._ended

    def share_failure(self, ticket: int) -> None:
        """Raise how a login ended that was waited for.

        Without this, twenty callers with a wrong password would log in twenty
        times, and be throttled for it.
        """
        if self._ended != ticket and self._failure is not None:
            # A copy: raising one object in many threads would mix tracebacks.
            raise copy.copy(self._failure) from self._cause

    def keep(self, token: Token, asked_at: float) -> str:
        """Keep what a login answered that was sent at `asked_at`."""
        compact, lifetime = token.access_token, token.expires_in
        # The generated reader takes members of any type.
        if not isinstance(compact, str) or not _BEARER.fullmatch(compact):
            raise RestauthError("the server's access_token cannot be sent as a bearer token")
        if isinstance(lifetime, bool) or not isinstance(lifetime, (int, float)) or not lifetime > 0:
            raise RestauthError("the server's expires_in is not a number of seconds")
        lifetime = min(lifetime, _LONGEST)
        # Counted from the request, not the answer: never later than the server.
        early = min(_EARLY_MOST, lifetime * _EARLY_SHARE)
        self._kept = (compact, asked_at + lifetime - early)
        self.keep_device(token.device_token)
        self._failure = None
        self._ended += 1
        return compact

    def keep_device(self, device: object) -> None:
        """Take a device token in place of the one before; what is none leaves that."""
        if isinstance(device, str) and 0 < len(device) <= _LONGEST_DEVICE and device.isascii():
            self.device = device

    def fail(self, failure: RestauthError) -> None:
        """Remember that a login failed; a token kept before stays as it is."""
        # A copy, again: the frames that `failure` points to hold the password.
        self._failure = copy.copy(failure)
        cause = failure.__cause__
        # Made anew for the same reason: httpx's own holds the request.
        self._cause = type(cause)(str(cause)) if isinstance(cause, httpx.TransportError) else None
        self._ended += 1
