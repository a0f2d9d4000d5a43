"""Commands that queue up on one key while a commit is under way are decided together and committed as one.

So what a hot aggregate costs is a commit for each group, not for each command.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from atrium_common.eventing.repository import ATTEMPTS, Contended, Repository, step_aside
from atrium_common.eventing.transaction import Command, Decide, Transacted, Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Commit, Proposal
from atrium_common.store.ports import ClaimTaken, StoreUnavailable, VersionConflict

MOST = 256
"""The most commands of one commit: what keeps its document well below a store's bounds."""

Result: TypeAlias = Transacted | Exception
_Queued: TypeAlias = tuple[Command, Decide, "asyncio.Future[Transacted]"]
_NO_COMMIT = Commit(0, Proposal("", datetime.min.replace(tzinfo=UTC), ()))


class Merger:
    """One serial turn for each key that is in use."""

    def __init__(self, repository: Repository, *, most: int = MOST) -> None:
        self._repository = repository
        self._most = most
        self._queues: dict[str, deque[_Queued]] = {}
        self._turns: set[asyncio.Task[None]] = set()

    async def transact(self, key: str, command: Command, decide: Decide) -> Transacted:
        """Decide and commit in the turn of `key`; see `Repository.transact`, whose errors are raised here too.

        What emits nothing is not remembered: sent again, it is decided again. The states of the `Transacted` are those
        after the whole commit.
        """
        future: asyncio.Future[Transacted] = asyncio.get_running_loop().create_future()
        queue = self._queues.get(key)
        if queue is not None:
            queue.append((command, decide, future))
        else:
            self._queues[key] = deque([(command, decide, future)])
            turn = asyncio.create_task(self._turn(key), name=f"turn {key}")
            self._turns.add(turn)
            turn.add_done_callback(self._turns.discard)
        return await future

    async def _turn(self, key: str) -> None:
        queue = self._queues[key]
        while queue:
            group = [queue.popleft() for _ in range(min(self._most, len(queue)))]
            wanted = {command.id: (command, decide) for command, decide, _ in group}
            try:
                results = await transact_together(self._repository, list(wanted.values()))
            except Exception as error:
                results = dict.fromkeys(wanted, error)
            for command, _, future in group:
                _settle(future, results[command.id])
        del self._queues[key]


async def transact_together(repository: Repository, wanted: Sequence[tuple[Command, Decide]]) -> Mapping[str, Result]:
    """Decide commands one after the other, commit all that they emit as one commit, and say what became of each.

    Each is for itself: one that raises leaves nothing behind and does not touch the others.

    Raises:
        StoreUnavailable: the store cannot say; the same commands may be sent again.
    """
    waiting = {command.id: (command, decide) for command, decide in wanted}
    results: dict[str, Result] = {}
    for attempt in range(ATTEMPTS):
        transaction, decided, emitted = await _decide(repository, list(waiting.values()))
        silent = {command_id: result for command_id, result in decided.items() if command_id not in emitted}
        try:
            done = await repository.commit(transaction, emitted) if emitted else None
        except VersionConflict:
            await step_aside(attempt)
            continue
        except ClaimTaken:
            return results | {
                command.id: await _alone(repository, command, decide) for command, decide in waiting.values()
            }
        if done is not None and done.replayed:
            # Some were committed before: they have their first outcome, the others are decided again.
            known = await _earlier(repository, emitted)
            results |= known
            waiting = {command_id: one for command_id, one in waiting.items() if command_id not in known}
            if waiting:
                continue
            return results
        if done is not None:
            results |= {command_id: replace(done, outcome=outcome) for command_id, outcome in emitted.items()}
        # What changes nothing now may have changed something before: then its first outcome is its answer.
        return results | silent | await _earlier(repository, silent)
    return results | {command_id: Contended(command_id) for command_id in waiting}


async def _decide(
    repository: Repository, wanted: Sequence[tuple[Command, Decide]]
) -> tuple[Transaction, Mapping[str, Result], Mapping[str, JSONObject]]:
    """The transaction, what each command came to, and the outcomes of those that emitted something."""
    transaction = Transaction(repository, wanted[0][0])
    first: Command | None = None
    decided: dict[str, Result] = {}
    emitted: dict[str, JSONObject] = {}
    for command, decide in wanted:
        before = transaction.size
        transaction.command = command
        try:
            with transaction.whole():
                outcome = await decide(transaction)
        except StoreUnavailable:
            raise
        except Exception as refusal:
            decided[command.id] = refusal
            continue
        decided[command.id] = Transacted(outcome, _NO_COMMIT, False, repository, {})
        if transaction.size != before:
            emitted[command.id] = outcome
            first = first or command
    transaction.command = first or transaction.command
    return transaction, decided, emitted


async def _earlier(repository: Repository, command_ids: Mapping[str, object]) -> dict[str, Result]:
    found = {command_id: await repository.find(command_id) for command_id in command_ids}
    return {command_id: earlier for command_id, earlier in found.items() if earlier is not None}


async def _alone(repository: Repository, command: Command, decide: Decide) -> Result:
    try:
        return await repository.transact(command, decide)
    except Exception as refusal:
        return refusal


def _settle(future: asyncio.Future[Transacted], result: Result) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
