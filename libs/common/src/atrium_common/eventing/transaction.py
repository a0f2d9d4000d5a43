"""What a command decides in: the states that it read and what it adds to them, until all of it is committed as one."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Claim, Commit, EventRecord, Meta, Proposal, Release, Slice
from atrium_common.store.ports import ClaimTaken

S = TypeVar("S")
Decide: TypeAlias = Callable[["Transaction"], Awaitable[JSONObject]]


class States(Protocol):
    """Where a transaction reads; `Repository` is one."""

    @property
    def ids(self) -> Ids:
        """Where the ids of its events come from."""
        ...

    async def load(self, decider: Decider[S], aggregate_id: str, *, at: int | None = None) -> Loaded[S]:
        """The aggregate's newest state, or its state at version `at`."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """Who wants something done, under which identity, and when: everything about a command but its content.

    `joint` is set where the command is one of several that are committed together.
    """

    id: str
    at: datetime
    meta: Meta = field(default_factory=Meta)
    joint: Joint | None = None


class Transaction:
    """What a command sees and does: states at the versions it read, and the events, claims and releases it adds.

    What has been emitted is visible to later loads of the same transaction, so that several commands can be decided
    one after the other and committed as one.
    """

    def __init__(self, states: States, command: Command) -> None:
        self.command = command
        self._states = states
        self._base: dict[str, int] = {}
        self._loaded: dict[str, tuple[Decider[Any], Loaded[Any]]] = {}
        self._events: dict[str, list[EventRecord]] = {}
        self._claims: list[Claim] = []
        self._releases: list[Release] = []

    @property
    def at(self) -> datetime:
        """The command's time: the time of everything that it decides."""
        return self.command.at

    async def load(self, decider: Decider[S], aggregate_id: str) -> Loaded[S]:
        """The aggregate as this transaction sees it; its version is checked at commit if anything is emitted to it."""
        stream = decider.stream(aggregate_id)
        known = self._loaded.get(stream)
        if known is not None:
            return cast("Loaded[S]", known[1])
        loaded = await self._states.load(decider, aggregate_id)
        self._loaded[stream] = (decider, loaded)
        self._base[stream] = loaded.version
        return loaded

    async def emit(
        self, decider: Decider[S], aggregate_id: str, *events: Event, event_id: str | None = None
    ) -> Loaded[S]:
        """Add events to the aggregate's stream and return the state after them.

        `event_id` is the public id of the one event, where its command has given it out already.
        """
        loaded = await self.load(decider, aggregate_id)
        stream = decider.stream(aggregate_id)
        records = self._events.setdefault(stream, [])
        for event in events:
            after = decider.evolve(loaded.state, event)
            publication = decider.publish(event, loaded.state, after, aggregate_id) if decider.publish else None
            records.append(
                EventRecord(
                    id=event_id or self._states.ids.new("evt"),
                    type=event.TYPE,
                    schema=event.SCHEMA,
                    data=event.model_dump(mode="json"),
                    publication=publication,
                )
            )
            loaded = Loaded(aggregate_id, after, loaded.version + 1)
        self._loaded[stream] = (decider, loaded)
        return loaded

    def claim(self, key: str, *, stream: str) -> None:
        """Claim `key` for `stream`: the commit is refused with `ClaimTaken` where it is held.

        Raises:
            ClaimTaken: another stream has claimed it in this very transaction.
        """
        rival = next((claim for claim in self._claims if claim.key == key and claim.stream != stream), None)
        if rival is not None:
            raise ClaimTaken(key, rival.stream, 0)
        self._claims.append(Claim(key, stream))

    @property
    def claimed(self) -> Sequence[str]:
        """The keys claimed so far, in order."""
        return [claim.key for claim in self._claims]

    def release(self, key: str, *, stream: str) -> None:
        """Give up a claim that `stream` holds; one made in this transaction is just not made."""
        own = Claim(key, stream)
        if own in self._claims:
            self._claims.remove(own)
        else:
            self._releases.append(Release(key, stream))

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """Forget what was done inside where it raises: a command that is refused leaves nothing behind."""
        loaded, claims, releases = dict(self._loaded), list(self._claims), list(self._releases)
        events = {stream: list(records) for stream, records in self._events.items()}
        try:
            yield
        except BaseException:
            self._loaded, self._claims, self._releases, self._events = loaded, claims, releases, events
            raise

    @property
    def size(self) -> int:
        """How many events, claims and releases it has so far."""
        return len(self._claims) + len(self._releases) + sum(len(records) for records in self._events.values())

    def proposal(self, outcome: JSON) -> Proposal:
        """What is to be committed."""
        return Proposal(
            command_id=self.command.id,
            at=self.command.at,
            slices=tuple(
                Slice(stream, self._base[stream], tuple(records)) for stream, records in self._events.items() if records
            ),
            claims=tuple(self._claims),
            releases=tuple(self._releases),
            outcome=outcome,
            meta=self.command.meta,
        )

    def states(self) -> Sequence[tuple[Decider[Any], Loaded[Any]]]:
        """The aggregates that this transaction adds events to, as they are after it."""
        return [self._loaded[stream] for stream, records in self._events.items() if records]

    def base(self, stream: str) -> int:
        """The version at which this transaction found the stream."""
        return self._base[stream]


class Joint:
    """Several commands decided one after the other in one transaction; all are committed, or none.

    Each command's `Repository.transact` runs inside; the outcomes are kept in order, so that a replay of the whole
    gives each command its own first outcome again.

    Attributes:
        claimants: which command, by its number from 0, claimed a key.
    """

    def __init__(self, states: States, transaction: Transaction | None, first: Transacted | None) -> None:
        self.outcomes: list[JSON] = []
        self.claimants: dict[str, int] = {}
        self._states = states
        self._transaction = transaction
        self._first = first

    async def run(self, decide: Decide) -> Transacted:
        """Decide one of the commands, or give its first outcome again."""
        if self._first is not None:
            outcomes = cast("list[JSONObject]", self._first.outcome["operations"])
            outcome = outcomes[len(self.outcomes)]
            self.outcomes.append(outcome)
            return Transacted(outcome, self._first.commit, True, self._states, {})
        transaction = cast("Transaction", self._transaction)
        with transaction.whole():
            outcome = await decide(transaction)
        for key in transaction.claimed:
            self.claimants.setdefault(key, len(self.outcomes))
        self.outcomes.append(outcome)
        known = {decider.stream(loaded.id): loaded for decider, loaded in transaction.states()}
        return Transacted(outcome, Commit(0, transaction.proposal(None)), False, self._states, known)


@dataclass(frozen=True, slots=True)
class Transacted:
    """What became of a command: its outcome, its commit, and whether an earlier call had made it."""

    outcome: JSONObject
    commit: Commit
    replayed: bool
    origin: States
    known: Mapping[str, Loaded[Any]]

    async def state(self, decider: Decider[S], aggregate_id: str) -> Loaded[S]:
        """The aggregate as this command left it: what its first answer was, and every repeated one is, made from.

        For an aggregate that the command did not change, its present state.
        """
        stream = decider.stream(aggregate_id)
        if stream in self.known:
            return cast("Loaded[S]", self.known[stream])
        return await self.origin.load(decider, aggregate_id, at=self.commit.versions.get(stream))
