"""Identifiers: a prefix and a time-ordered unique part (spec/http-api.md, Conventions)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

from atrium_common.clock import Clock, SystemClock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_CHARACTERS = 10
_RANDOM_BITS = 80
_RANDOM_CHARACTERS = _RANDOM_BITS // 5
_TAIL = 1023  # the bits of the last two characters


class Ids(Protocol):
    """Where identifiers come from."""

    def new(self, prefix: str) -> str:
        """A new identifier `prefix_…`, greater than those made earlier by the same source."""
        ...


class TimeOrderedIds:
    """26 characters of Crockford's base 32 behind the prefix: 48 bits of milliseconds, 80 of randomness.

    Within one millisecond the random part counts up, so that one source's identifiers always ascend.
    """

    __slots__ = ("_clock", "_head", "_last_ms", "_last_random", "_randbits")

    def __init__(self, *, clock: Clock | None = None, randbits: Callable[[int], int] = secrets.randbits) -> None:
        self._clock = clock or SystemClock()
        self._randbits = randbits
        self._last_ms = -1
        self._last_random = 0
        self._head = ""

    def new(self, prefix: str) -> str:
        """A new identifier with this prefix."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        if milliseconds > self._last_ms:
            self._last_ms = milliseconds
            # The top bit stays free, so that counting up never overflows into the time.
            self._last_random = self._randbits(_RANDOM_BITS - 1)
            self._head = self._encoded_head()
        else:
            self._last_random += 1
            if not self._last_random & _TAIL:
                self._head = self._encoded_head()
        # Counting up seldom changes more than the last two characters.
        return f"{prefix}_{self._head}{_PAIRS[self._last_random & _TAIL]}"

    def _encoded_head(self) -> str:
        """All but the last two characters."""
        time = _encode(self._last_ms, _TIME_CHARACTERS)
        return time + _encode(self._last_random >> _TAIL.bit_length(), _RANDOM_CHARACTERS - 2)


# Two characters at a time: every request of the gateway has an identifier of its own.
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def _encode(number: int, length: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range((length - 2) * 5, -1, -10)])
