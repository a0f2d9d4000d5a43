"""The way of a command to the log: load, decide, append, row (design/architecture.md).

`Repository.transact` runs a function that loads aggregates and emits events, makes one commit of what it emitted, and
runs it again on fresh states where somebody else was faster.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, cast

from atrium_common.eventing.cache import StateCache
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.head import Head
from atrium_common.eventing.presence import Presence
from atrium_common.eventing.snapshot import Snapshots
from atrium_common.eventing.transaction import Command, Decide, Joint, Transacted, Transaction
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Appended, Commit, Further, Proposal, Release
from atrium_common.store.documents import Delete, Put
from atrium_common.store.ports import ClaimTaken, Store, StoreUnavailable, VersionConflict

S = TypeVar("S")
ATTEMPTS = 32
"""How often a command is decided again after losing a race before its caller is told."""


_PAGE = 500
"""How many events of a stream are folded at once: about 15 ms in which nobody else has a turn."""
_PATIENT = 3
_STEP_SECONDS = 0.001


async def step_aside(attempt: int) -> None:
    """Before deciding again: who has lost several times waits a moment, so that nobody always loses."""
    if attempt >= _PATIENT:
        await asyncio.sleep(random.random() * _STEP_SECONDS * attempt)  # noqa: S311 (no secret hangs on it)


class Contended(Exception):
    """A command lost every race against others on the same streams; it has changed nothing and may be sent again."""


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
        """The aggregate's newest state as of the log, whoever has heard of it by now, or its state at version `at`."""
        if at is None and self._head.is_certain and not self._head.is_appending(decider.stream(aggregate_id)):
            return await self.current(decider, aggregate_id)
        return await self._read(decider, aggregate_id, at)

    async def as_of(self, decider: Decider[S], aggregate_id: str, moment: datetime) -> Loaded[S]:
        """The aggregate as it was then: its version is found by halving."""
        low, high = 0, (await self.load(decider, aggregate_id)).version
        while low < high:
            middle = (low + high) // 2
            (event,) = await self._store.log.read_stream(decider.stream(aggregate_id), after=middle, limit=1)
            if event.at <= moment:
                low = middle + 1
            else:
                high = middle
        return await self.load(decider, aggregate_id, at=low)

    async def states(self, decider: Decider[S], aggregate_id: str) -> Sequence[S]:
        """Every state that the aggregate has had, the oldest first, as far as what it says is not forgotten."""
        states: list[S] = []
        state: S | None = None
        for event in await self._codec.read(await self._store.log.read_stream(decider.stream(aggregate_id))):
            state = decider.evolve(state, event)
            states.append(state)
        return states

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
            loaded = await self._read(decider, aggregate_id, None)
            keep(loaded)
        return loaded

    async def find(self, command_id: str) -> Transacted | None:
        """What became of an earlier command of this id, or None."""
        commit = await self._store.log.find(command_id)
        return None if commit is None else await self._replay(commit, command_id)

    async def transact(self, command: Command, decide: Decide) -> Transacted:
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
            try:
                outcome = await decide(transaction)
            except Exception:
                # It may have been refused for what a rival copy of this very command has just done.
                earlier = await self.find(command.id)
                if earlier is not None:
                    return earlier
                raise
            try:
                appended = await self._append(transaction, transaction.proposal(outcome))
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
        appended = await self._append(transaction, proposal)
        if appended.replayed:
            return Transacted({}, appended.commit, True, self, {})
        return await self._finish(transaction, appended.commit, outcome)

    async def _read(self, decider: Decider[S], aggregate_id: str, at: int | None) -> Loaded[S]:
        stream = decider.stream(aggregate_id)
        start = await self._nearest(decider, aggregate_id, at)
        loaded = await self._folded(decider, start, at)
        version = loaded.version
        if at is None and version:
            self._cache.put(stream, loaded)
            await self._keep_snapshots([(decider, loaded, start.version)])
        return loaded

    async def _folded(self, decider: Decider[S], start: Loaded[S], at: int | None) -> Loaded[S]:
        """The state with the events behind it, up to version `at`; others have their turns between its pages."""
        state, version = start.state, start.version
        while at is None or version < at:
            most = _PAGE if at is None else min(_PAGE, at - version)
            tail = await self._store.log.read_stream(decider.stream(start.id), after=version, limit=most)
            for event in await self._codec.read(tail):
                state = decider.evolve(state, event)
            version += len(tail)
            if len(tail) < most:
                break
            await asyncio.sleep(0)
        return Loaded(start.id, state, version)

    async def _append(self, transaction: Transaction, proposal: Proposal) -> Appended:
        sealed = await self._codec.seal(proposal)
        if self._presence is not None:
            await self._presence.admit()
        # Whoever gives up waiting for it: it may be done, and then what it comes to is known here.
        return await asyncio.shield(asyncio.ensure_future(self._appended(transaction, sealed)))

    async def _appended(self, transaction: Transaction, sealed: Proposal) -> Appended:
        streams = [part.stream for part in sealed.slices]
        with self._head.appending(streams):
            try:
                appended = await self._store.log.append(sealed)
            except VersionConflict as conflict:
                self._forget([conflict.stream])
                raise
            except StoreUnavailable:
                self._head.doubt()
                self._forget(streams)
                raise
            if not appended.replayed:
                self._remember(transaction, appended.commit)
            return appended

    def _remember(self, transaction: Transaction, commit: Commit) -> None:
        states = {decider.stream(loaded.id): loaded for decider, loaded in transaction.states()}
        for stream, loaded in states.items():
            self._cache.put(stream, loaded)
        self._head.committed(commit, states)

    def _forget(self, streams: Iterable[str]) -> None:
        """What is in memory of these may be behind the log."""
        for stream in streams:
            self._cache.drop(stream)
            self._head.forget(stream)

    async def _finish(self, transaction: Transaction, commit: Commit, outcome: JSONObject) -> Transacted:
        states = transaction.states()
        for release in commit.proposal.releases:
            await self._store.log.release(release.key, stream=release.stream, before=commit.position)
        await self._put_rows(states)
        await self._keep_snapshots(
            [(decider, loaded, transaction.base(decider.stream(loaded.id))) for decider, loaded in states]
        )
        known = {decider.stream(loaded.id): loaded for decider, loaded in states}
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
