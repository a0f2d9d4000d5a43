"""The way of a command to the log: load, decide, append, row (design/architecture.md).

`Repository.transact` runs a function that loads aggregates and emits events, makes one commit of what it emitted, and
runs it again on fresh states where somebody else was faster.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar, cast

from atrium_common.eventing.cache import StateCache
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event
from atrium_common.eventing.head import Head
from atrium_common.eventing.presence import Presence
from atrium_common.eventing.snapshot import Snapshots
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Appended, Claim, Commit, EventRecord, Further, Meta, Proposal, Release, Slice
from atrium_common.store.documents import Delete, Put
from atrium_common.store.ports import ClaimTaken, Store, StoreUnavailable, VersionConflict

S = TypeVar("S")
Decide: TypeAlias = Callable[["Transaction"], Awaitable[JSONObject]]

ATTEMPTS = 32
"""How often a command is decided again after losing a race before its caller is told."""


_PATIENT = 3
_STEP_SECONDS = 0.001


async def step_aside(attempt: int) -> None:
    """Before deciding again: who has lost several times waits a moment, so that nobody always loses."""
    if attempt >= _PATIENT:
        await asyncio.sleep(random.random() * _STEP_SECONDS * attempt)  # noqa: S311 (no secret hangs on it)


@dataclass(frozen=True, slots=True)
class Command:
    """Who wants something done, under which identity, and when: everything about a command but its content.

    `joint` is set where the command is one of several that are committed together.
    """

    id: str
    at: datetime
    meta: Meta = field(default_factory=Meta)
    joint: Joint | None = None


class Contended(Exception):
    """A command lost every race against others on the same streams; it has changed nothing and may be sent again."""


class Transaction:
    """What a command sees and does: states at the versions it read, and the events, claims and releases it adds.

    What has been emitted is visible to later loads of the same transaction, so that several commands can be decided
    one after the other and committed as one.
    """

    def __init__(self, repository: Repository, command: Command) -> None:
        self.command = command
        self._repository = repository
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
        loaded = await self._repository.load(decider, aggregate_id)
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
                    id=event_id or self._repository.ids.new("evt"),
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

    def __init__(self, repository: Repository, transaction: Transaction | None, first: Transacted | None) -> None:
        self.outcomes: list[JSON] = []
        self.claimants: dict[str, int] = {}
        self._repository = repository
        self._transaction = transaction
        self._first = first

    async def run(self, decide: Callable[[Transaction], Awaitable[JSONObject]]) -> Transacted:
        """Decide one of the commands, or give its first outcome again."""
        if self._first is not None:
            outcomes = cast("list[JSONObject]", self._first.outcome["operations"])
            outcome = outcomes[len(self.outcomes)]
            self.outcomes.append(outcome)
            return Transacted(outcome, self._first.commit, True, self._repository, {})
        transaction = cast("Transaction", self._transaction)
        with transaction.whole():
            outcome = await decide(transaction)
        for key in transaction.claimed:
            self.claimants.setdefault(key, len(self.outcomes))
        self.outcomes.append(outcome)
        known = {decider.stream(loaded.id): loaded for decider, loaded in transaction.states()}
        return Transacted(outcome, Commit(0, transaction.proposal(None)), False, self._repository, known)


@dataclass(frozen=True, slots=True)
class Transacted:
    """What became of a command: its outcome, its commit, and whether an earlier call had made it."""

    outcome: JSONObject
    commit: Commit
    replayed: bool
    repository: Repository
    known: Mapping[str, Loaded[Any]]

    async def state(self, decider: Decider[S], aggregate_id: str) -> Loaded[S]:
        """The aggregate as this command left it: what its first answer was, and every repeated one is, made from.

        For an aggregate that the command did not change, its present state.
        """
        stream = decider.stream(aggregate_id)
        if stream in self.known:
            return cast("Loaded[S]", self.known[stream])
        return await self.repository.load(decider, aggregate_id, at=self.commit.versions.get(stream))


class Repository:
    """Loads aggregates from a store's log and commits what commands decide about them."""

    def __init__(
        self,
        store: Store,
        *,
        codec: Codec,
        ids: Ids,
        deciders: Iterable[Decider[Any]] = (),
        cache: StateCache | None = None,
        presence: Presence | None = None,
    ) -> None:
        """`deciders` are those whose rows are put again when a command is replayed.

        With a `presence`, which somebody must keep beating, `current` needs no look at the log while it is alone.
        """
        self.ids = ids
        self._deciders = {decider.name: decider for decider in deciders if decider.row is not None}
        self._store = store
        self._codec = codec
        self._cache = cache or StateCache()
        self._snapshots = Snapshots(store.documents, codec.sealing)
        self._presence = presence
        self._head = Head(store.log, alone=presence.alone if presence is not None else lambda: None)

    async def load(self, decider: Decider[S], aggregate_id: str, *, at: int | None = None) -> Loaded[S]:
        """The aggregate's newest state, or its state at version `at`."""
        stream = decider.stream(aggregate_id)
        start = await self._nearest(decider, aggregate_id, at)
        state, version = start.state, start.version
        limit = None if at is None else at - version
        if limit != 0:
            tail = await self._store.log.read_stream(stream, after=version, limit=limit)
            for event in await self._codec.read(tail):
                state = decider.evolve(state, event)
            version += len(tail)
        loaded = Loaded(aggregate_id, state, version)
        if at is None and version:
            self._cache.put(stream, loaded)
            await self._keep_snapshots([(decider, loaded, start.version)])
        return loaded

    async def confirm(self) -> None:
        """See every commit that was made before this call: what `current` gives from here on is at least as new.

        Raises:
            StoreUnavailable: the store cannot say.
        """
        await self._head.confirm()

    async def current(self, decider: Decider[S], aggregate_id: str) -> Loaded[S]:
        """The aggregate as of the last `confirm`, or newer; from memory where it is there."""
        stream = decider.stream(aggregate_id)
        known = self._head.get(stream)
        if known is not None:
            return known
        with self._head.reading(stream) as keep:
            loaded = await self.load(decider, aggregate_id)
            keep(loaded)
        return loaded

    async def find(self, command_id: str) -> Transacted | None:
        """What became of an earlier command of this id, or None."""
        commit = await self._store.log.find(command_id)
        return None if commit is None else await self._replay(commit, command_id)

    async def transact(self, command: Command, decide: Callable[[Transaction], Awaitable[JSONObject]]) -> Transacted:
        """Run `decide` and commit what it emitted, all or nothing, once for this command id.

        `decide` may run several times, each on fresh states. What it raises is the caller's, and nothing is written.

        Raises:
            ClaimTaken: a claim of the transaction is held by a stream that has not given it up.
            Contended: others changed the same streams again and again.
            StoreUnavailable: the store cannot say; the same command may be sent again.
        """
        if command.joint is not None:
            return await command.joint.run(decide)
        earlier = await self.find(command.id)
        if earlier is not None:
            return earlier
        for attempt in range(ATTEMPTS):
            transaction = Transaction(self, command)
            outcome = await decide(transaction)
            try:
                appended = await self._append(transaction.proposal(outcome))
            except VersionConflict:
                await step_aside(attempt)
                continue
            except ClaimTaken as taken:
                if await self._complete_release(taken):
                    continue
                # A rival copy of this very command may hold it: then the command has an outcome already.
                earlier = await self.find(command.id)
                if earlier is not None:
                    return earlier
                raise
            if appended.replayed:
                return await self._replay(appended.commit, command.id)
            return await self._finish(transaction, appended.commit, outcome)
        raise Contended(command.id)

    async def transact_jointly(self, command: Command, decide: Callable[[Joint], Awaitable[None]]) -> None:
        """Run `decide`, whose commands carry the given `Joint`, and commit all that they emitted as one.

        On a replay `decide` runs again, and each of its commands gets its first outcome.
        """
        earlier = await self.find(command.id)
        if earlier is None:

            async def decide_all(transaction: Transaction) -> JSONObject:
                joint = Joint(self, transaction, None)
                await decide(joint)
                return {"operations": joint.outcomes}

            earlier = await self.transact(command, decide_all)
            if not earlier.replayed:
                return
        await decide(Joint(self, None, earlier))

    async def commit(self, transaction: Transaction, outcomes: Mapping[str, JSONObject]) -> Transacted:
        """Commit what several commands have emitted in one transaction; their outcomes by command id, in order.

        Where one of them was committed before, nothing is written, and what that commit was is returned, `replayed`
        true.

        Raises:
            VersionConflict: others were faster; to be decided anew.
            ClaimTaken: a claim of the transaction is held.
            StoreUnavailable: the store cannot say; the same commands may be sent again.
        """
        (first, outcome), *more = outcomes.items()
        proposal = replace(
            transaction.proposal(outcome), command_id=first, further=tuple(Further(*command) for command in more)
        )
        appended = await self._append(proposal)
        if appended.replayed:
            return Transacted({}, appended.commit, True, self, {})
        return await self._finish(transaction, appended.commit, outcome)

    async def _append(self, proposal: Proposal) -> Appended:
        sealed = await self._codec.seal(proposal)
        if self._presence is not None:
            await self._presence.admit()
        try:
            return await self._store.log.append(sealed)
        except VersionConflict as conflict:
            self._cache.drop(conflict.stream)
            self._head.forget(conflict.stream)
            raise

    async def _finish(self, transaction: Transaction, commit: Commit, outcome: JSONObject) -> Transacted:
        states = transaction.states()
        known = {decider.stream(loaded.id): loaded for decider, loaded in states}
        for stream, loaded in known.items():
            self._cache.put(stream, loaded)
        self._head.committed(commit, known)
        for release in commit.proposal.releases:
            await self._store.log.release(release.key, stream=release.stream, before=commit.position)
        await self._put_rows(states)
        await self._keep_snapshots(
            [(decider, loaded, transaction.base(decider.stream(loaded.id))) for decider, loaded in states]
        )
        return Transacted(outcome, commit, False, self, known)

    async def _nearest(self, decider: Decider[S], aggregate_id: str, at: int | None) -> Loaded[S]:
        """The newest state that is known without folding, not above version `at`."""
        stream = decider.stream(aggregate_id)
        cached = self._cache.get(stream)
        if cached is not None and (at is None or cached.version <= at):
            return cached
        if decider.snapshot is not None:
            kept = await self._snapshots.newest(stream, decider.snapshot, at=at)
            if kept is not None:
                return Loaded(aggregate_id, kept.state, kept.version)
        return Loaded(aggregate_id, None, 0)

    async def _keep_snapshots(self, states: Sequence[tuple[Decider[Any], Loaded[Any], int]]) -> None:
        """Keep those of the states that are due for it; each comes with the version from which it was folded."""
        writes: list[Put | Delete] = []
        for decider, loaded, before in states:
            how = decider.snapshot
            if how is not None and how.due(before, loaded.version):
                stream = decider.stream(loaded.id)
                writes += await self._snapshots.writes(stream, how, loaded.there, before=before, version=loaded.version)
        if writes:
            with contextlib.suppress(StoreUnavailable):  # no command fails for want of a shortcut
                await self._store.documents.write(writes)

    async def _put_rows(self, states: Sequence[tuple[Decider[Any], Loaded[Any]]]) -> None:
        """Put the rows before anybody hears of the commit, so that every read after the answer shows them."""
        rows = [row for decider, loaded in states if decider.row and (row := decider.row(loaded)) is not None]
        if rows:
            await self._store.documents.write(rows)

    async def _replay(self, commit: Commit, command_id: str) -> Transacted:
        # Whoever made the commit may have died before it put the rows.
        states = []
        for stream in commit.versions:
            name, _, aggregate_id = stream.partition("/")
            decider = self._deciders.get(name)
            if decider is not None:
                states.append((decider, await self.load(decider, aggregate_id)))
        await self._put_rows(states)
        outcome = cast("JSONObject", await self._codec.open(commit.proposal.outcome_of(command_id)))
        return Transacted(outcome, commit, True, self, {})

    async def _complete_release(self, taken: ClaimTaken) -> bool:
        """Free a claim whose stream gave it up in a commit whose own release was cut short by a crash."""
        for stored in await self._released_since(taken):
            if await self._store.log.release(taken.claim, stream=taken.holder, before=stored):
                return True
        return False

    async def _released_since(self, taken: ClaimTaken) -> Sequence[int]:
        positions = {
            event.position
            for event in await self._store.log.read_stream(taken.holder)
            if event.position > taken.position
        }
        released = []
        for position in sorted(positions):
            for commit in await self._store.log.read_log(after=position - 1, limit=1):
                released += [commit.position] * (Release(taken.claim, taken.holder) in commit.proposal.releases)
        return released
