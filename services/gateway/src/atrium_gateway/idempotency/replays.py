"""The protocol: claim before forwarding, save under the claim alone, take over from the dead (ADR 0008).

A record's version is the fence: every change of hands raises it, and saving is guarded by it. The command id stays the
same from the first claim on, so that a service makes one commit of it, however often the request is run.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

import structlog

from atrium_common.clock import Clock
from atrium_common.errors import IdempotencyInProgress, IdempotencyKeyReused
from atrium_common.eventing.vault import Unsealable, Vault
from atrium_common.ids import Ids
from atrium_common.metrics import REPLAYS as COUNTED
from atrium_common.store.documents import Absent, Condition, Document, Is, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_gateway.idempotency.fingerprint import fingerprint, record_key
from atrium_gateway.idempotency.record import KEPT, REPLAYS, Record, about, is_final, opened, sealed
from atrium_gateway.ports import Claim, IdempotentRequest, SavedAnswer
from atrium_gateway.replicas import Replicas

log = structlog.get_logger("idempotency")

_PATIENCE = 5.0
_TIDY_SECONDS = 1.0
_LATE_SECONDS = 60.0
_PAGE = 200


@dataclass(frozen=True, slots=True)
class _Loose:
    """A claim of which nobody knows what is stored: since when (monotonic), and when to look for it."""

    since: float
    look_at: float


class StoredReplays:
    """See `Replays`."""

    def __init__(self, documents: Documents, replicas: Replicas, vault: Vault, *, clock: Clock, ids: Ids) -> None:
        self._documents = documents
        self._replicas = replicas
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._running: set[str] = set()
        self._claiming: Counter[str] = Counter()
        self._loose: dict[str, _Loose] = {}

    async def run(self) -> None:
        """Give up, as soon as the store answers, what this process claimed and no longer works at; for ever."""
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            await self.tidy()

    async def tidy(self) -> None:
        """Open the records that a lost answer of the store has left claimed by this process.

        Raises:
            StoreUnavailable: later, then.
        """
        now = self._clock.monotonic()
        for key, loose in [each for each in self._loose.items() if each[1].look_at <= now]:
            if self._works_at(key):
                continue
            document = await self._documents.get(REPLAYS.name, key)
            record = None if document is None else Record.of(document.body)
            if document is not None and record is not None and self._is_ours(record) and not self._works_at(key):
                opened_ = replace(record, state="open").body()
                version = document.version
                put = Put(REPLAYS.name, key, opened_, version + 1, Is(version), document.expires_at)
                await self._documents.write([put])
            # A write that failed may land yet: it is looked for again, each time after twice as long.
            age = now - loose.since
            if self._loose.get(key) is loose:
                if age < _LATE_SECONDS:
                    self._loose[key] = _Loose(loose.since, now + max(age, _TIDY_SECONDS))
                else:
                    del self._loose[key]

    async def begin(self, wanted: IdempotentRequest) -> Claim | SavedAnswer:
        """See `Replays.begin`."""
        key, print_ = record_key(wanted), fingerprint(wanted)
        while True:
            document = await self._documents.get(REPLAYS.name, key)
            if document is None:
                claim = await self._claim(key, Record(print_, self._ids.new("cmd"), "open"), None, wanted)
                if claim is not None:
                    return claim
                continue
            record = Record.of(document.body)
            if record.fingerprint != print_:
                COUNTED.labels("reused").inc()
                raise IdempotencyKeyReused
            answer = await self._answer(record)
            if answer is not None:
                COUNTED.labels("replayed").inc()
                return answer
            if record.state == "running" and await self._runs(key, record):
                COUNTED.labels("in_progress").inc()
                raise IdempotencyInProgress
            claim = await self._claim(key, record, document, wanted)
            if claim is not None:
                return claim

    async def save(self, claim: Claim, answer: SavedAnswer) -> None:
        """See `Replays.save`."""
        if not is_final(answer.status):
            await self.abandon(claim)
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                people = about(answer, user_id=claim.user_id, workspace_id=claim.workspace_id)
                box = await sealed(answer, self._vault, at=self._clock.now())
                record = Record(claim.fingerprint, claim.command_id, "saved", about=people, answer=box)
                kept = await self._write(claim, record)
            COUNTED.labels("saved" if kept else "fenced").inc()
        except (StoreUnavailable, TimeoutError) as error:
            COUNTED.labels("unsaved").inc()
            self._lose(claim.record)
            log.warning("an answer could not be kept; a retry runs again as the same command", reason=str(error))
        finally:
            self._running.discard(claim.record)

    async def abandon(self, claim: Claim) -> None:
        """See `Replays.abandon`."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._write(claim, Record(claim.fingerprint, claim.command_id, "open"))
            COUNTED.labels("abandoned").inc()
        except (StoreUnavailable, TimeoutError) as error:
            self._lose(claim.record)
            log.warning("a claim could not be given up yet", reason=str(error))
        finally:
            self._running.discard(claim.record)

    async def forget(self, mark: str) -> int:
        """Forget every saved answer with this mark (`usr_…`, `inv_…`, or `e-mails/wks_…`); how many there were.

        A retry then runs again as the same command, and is answered as things are now.
        """
        return await forget_answers(self._documents, mark)

    async def _answer(self, record: Record) -> SavedAnswer | None:
        try:
            return await opened(record.answer, self._vault)
        except Unsealable as error:
            log.error("a saved answer does not open; the request runs again as the same command", reason=str(error))
            return None

    async def _runs(self, key: str, record: Record) -> bool:
        """Whether the process that claimed the record is still at it."""
        if self._is_ours(record):
            return self._works_at(key)
        return await self._replicas.is_running(record.process)

    async def _claim(
        self, key: str, record: Record, document: Document | None, wanted: IdempotentRequest
    ) -> Claim | None:
        """The claim, or None where somebody else was faster."""
        expires_at = None if document is None else document.expires_at
        expires_at = expires_at or self._clock.now() + KEPT
        fence = 1 if document is None else document.version + 1
        claimed = replace(record, state="running", process=self._replicas.id, about=(), answer=None)
        guard = Absent() if document is None else Is(document.version)
        # Told before the write, so that nobody here takes a claim that is just being made for one that was lost.
        self._claiming[key] += 1
        try:
            (done,) = await self._documents.write([Put(REPLAYS.name, key, claimed.body(), fence, guard, expires_at)])
            if not done:
                return None
            self._running.add(key)
        except BaseException:
            self._lose(key)
            raise
        finally:
            self._claiming[key] -= 1
            if not self._claiming[key]:
                del self._claiming[key]
        COUNTED.labels("claimed" if document is None else "claimed_again").inc()
        return Claim(key, record.command_id, fence, record.fingerprint, wanted.user_id, wanted.workspace_id, expires_at)

    def _lose(self, key: str) -> None:
        now = self._clock.monotonic()
        self._loose[key] = _Loose(now, now)

    def _works_at(self, key: str) -> bool:
        return key in self._running or key in self._claiming

    def _is_ours(self, record: Record) -> bool:
        return record.state == "running" and record.process == self._replicas.id

    async def _write(self, claim: Claim, record: Record) -> bool:
        put = Put(REPLAYS.name, claim.record, record.body(), claim.fence + 1, Is(claim.fence), claim.expires_at)
        (done,) = await self._documents.write([put])
        return done


async def forget_answers(documents: Documents, mark: str) -> int:
    """Forget every saved answer with this mark; how many there were."""
    forgotten = 0
    query = Query((Condition("about", "eq", mark),), limit=_PAGE)
    while found := await documents.query(REPLAYS.name, query):
        for document in found:
            record = replace(Record.of(document.body), state="open", about=(), answer=None)
            version = document.version
            put = Put(REPLAYS.name, document.key, record.body(), version + 1, Is(version), document.expires_at)
            forgotten += sum(await documents.write([put]))
    return forgotten
