"""What the request pipeline asks of the stateful half of the gateway: limits, saved answers, counts.

Implemented by `limits`, `idempotency` and `metering`; put together in `wiring`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may do, made once per cached holder (`atrium_gateway.limits.tiers`).

    Attributes:
        key_id: whose requests are counted.
        requests: how many an hour.
        burst: how many at once, and how many a second come back.
        window_offset: by how many seconds (0 to 3599) this key's hour is shifted against the clock's.
    """

    key_id: str
    requests: int
    burst: int
    window_offset: int


class Standing(NamedTuple):
    """Where a key stands in its hour: what `X-RateLimit-*` and `RateLimit` say.

    Attributes:
        limit: requests an hour.
        remaining: how many are left; never more than really are.
        reset_at: the Unix second at which the hour ends.
    """

    limit: int
    remaining: int
    reset_at: int


class Limiter(Protocol):
    """Rate limits by key, exact over all replicas."""

    def spend_now(self, allowance: Allowance, cost: int) -> Standing | None:
        """Take `cost` requests from what this process holds, without waiting; None: call `spend`.

        Raises:
            RateLimited: the hour or the burst is known to be used up. Nothing was taken.
        """
        ...

    async def spend(self, allowance: Allowance, cost: int) -> Standing:
        """Take `cost` requests (1 to 100), all or none; `cost` of the hour, min(cost, burst) of the burst.

        Raises:
            RateLimited: the hour or the burst is used up. Nothing was taken. Its limit, remaining and reset_at are
                the hour's, for the headers; `retry_after` counts to the reset, or is 1 (burst).
        """
        ...

    def standing(self, allowance: Allowance) -> Standing | None:
        """Where the key stands, without spending or waiting; None where this process does not know: call `look`."""
        ...

    async def look(self, allowance: Allowance) -> Standing:
        """Where the key stands, without spending: for the headers of refusals, and for `GET /usage`.

        Never raises: where the store does not answer, nothing is said to remain but what this process holds.
        """
        ...


class AddressLimiter(Protocol):
    """How often a client address may come without a good key."""

    def check(self, address: str) -> None:
        """Return if it may try (again).

        Raises:
            RateLimited: too many requests without a good key came from it within a minute.
        """
        ...

    def failed(self, address: str) -> None:
        """Note that a request without a good key came from it."""
        ...


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A write that carries an `Idempotency-Key`.

    Attributes:
        key_id: the API key; together with `idempotency_key` the scope of a replay.
        user_id: whose API key it is; what is saved is forgotten with this person.
        idempotency_key: 1 to 255 visible ASCII characters.
        method, path: of the request line.
        query: the raw query string; its order does not matter.
        content_type: as sent, or empty.
        workspace_id, namespace_id: the resolved context.
        body: the bytes as sent.
    """

    key_id: str
    user_id: str
    idempotency_key: str
    method: str
    path: str
    query: str
    content_type: str
    workspace_id: str
    namespace_id: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer to be given again, byte for byte.

    Attributes:
        status: the HTTP status.
        headers: those that matter (Content-Type, ETag, Location, …), none of the request's own.
        body: the bytes, the first `request_id` in them included.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a request now.

    Attributes:
        record: the record's key.
        command_id: the command's identity, the same for every run of this request; sent on as `X-Command-ID`.
        fence: grows with every taking over; only the newest may save.
        fingerprint, user_id, workspace_id: of the request.
        expires_at: 24 hours after the key's first use.
    """

    record: str
    command_id: str
    fence: int
    fingerprint: str
    user_id: str
    workspace_id: str
    expires_at: datetime


class Replays(Protocol):
    """What became of requests with an `Idempotency-Key`, for 24 hours."""

    async def begin(self, wanted: IdempotentRequest) -> Claim | SavedAnswer:
        """Claim the request before anything of it is forwarded, or get the answer that it had.

        Raises:
            IdempotencyInProgress: the first one still runs.
            IdempotencyKeyReused: the key was used for a different request.
            StoreUnavailable: nothing may be forwarded.
        """
        ...

    async def save(self, claim: Claim, answer: SavedAnswer) -> None:
        """Note what became of the request; to be called before the answer goes out.

        Of the headers only those that matter are kept. An answer that says nothing final (5xx, 401, 408, 429) is not
        kept: as `abandon`. A claim that somebody has taken over in the meantime saves nothing. Never raises: an answer
        that the store can't keep is given all the same, and the retry runs again under the same command id.
        """
        ...

    async def abandon(self, claim: Claim) -> None:
        """Let the retry run, under the same command id. Never raises."""
        ...


class Meter(Protocol):
    """Counts requests for the feature `api_calls`."""

    def count(self, *, key_id: str, workspace_id: str, namespace_id: str | None, livemode: bool, cost: int) -> None:
        """Note `cost` requests: memory only, durable within seconds."""
        ...
