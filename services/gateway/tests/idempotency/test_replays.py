import asyncio
import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from atrium_common.bus.ports import Message
from atrium_common.errors import IdempotencyInProgress, IdempotencyKeyReused
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.store.documents import Delete, Put, Query
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import Documents, Store, StoreUnavailable
from atrium_common.testing.clock import START, FakeClock
from atrium_common.testing.faults import Fuse, Killed
from atrium_gateway.idempotency.erasure import forgetting
from atrium_gateway.idempotency.record import REPLAYS
from atrium_gateway.idempotency.replays import StoredReplays
from atrium_gateway.ports import Claim, IdempotentRequest, SavedAnswer
from atrium_gateway.replicas import DEAD_SECONDS, Replicas
from atrium_gateway.stateful import COLLECTIONS

MASTER = MasterKeys.parse("k1:" + "A" * 43 + "=")
WANTED = IdempotentRequest(
    key_id="key_1", user_id="usr_" + "1" * 26, idempotency_key="once", method="POST", path="/api/v1/workspaces",
    query="b=2&a=1", content_type="application/json", workspace_id="wks_1", namespace_id=None, body=b'{"name": "A"}',
)  # fmt: skip
ANSWER = SavedAnswer(
    201,
    (("Content-Type", "application/json"), ("Location", "/api/v1/workspaces/wks_2"), ("ETag", '"1-ab"')),
    b'{"data": {"secret": "sk_live_shown_once", "request_id": "req_first"}}',
)


@dataclass
class Process:
    """One gateway process, as far as replays go."""

    replicas: Replicas
    replays: StoredReplays


async def start(store: Store, clock: FakeClock) -> Process:
    ids = TimeOrderedIds(clock=clock)
    replicas = Replicas(store, clock=clock, ids=ids, place="")
    await replicas.step()
    vault = Vault(store.documents, MASTER, clock=clock)
    return Process(replicas, StoredReplays(store.documents, replicas, vault, clock=clock, ids=ids))


async def claimed(process: Process, wanted: IdempotentRequest = WANTED) -> Claim:
    begun = await process.replays.begin(wanted)
    assert isinstance(begun, Claim)
    return begun


async def test_the_same_request_gets_the_same_answer_byte_for_byte(store: Store, clock: FakeClock) -> None:
    process = await start(store, clock)
    await process.replays.save(await claimed(process), ANSWER)
    assert await process.replays.begin(WANTED) == ANSWER
    assert await process.replays.begin(replace(WANTED, query="a=1&b=2")) == ANSWER
    other = await start(store, clock)
    assert await other.replays.begin(WANTED) == ANSWER


async def test_only_headers_that_matter_are_kept(store: Store, clock: FakeClock) -> None:
    process = await start(store, clock)
    headers = (*ANSWER.headers, ("X-Request-ID", "req_1"), ("X-RateLimit-Limit", "9"), ("Date", "now"))
    await process.replays.save(await claimed(process), replace(ANSWER, headers=headers))
    assert await process.replays.begin(WANTED) == ANSWER


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/api/v1/namespaces"},
        {"query": "a=1"},
        {"content_type": "text/json"},
        {"workspace_id": "wks_9"},
        {"namespace_id": "ns_1"},
        {"body": b'{"name": "B"}'},
    ],
)
async def test_a_different_request_under_the_same_key_is_refused(
    store: Store, clock: FakeClock, change: dict[str, str | bytes]
) -> None:
    process = await start(store, clock)
    claim = await claimed(process)
    with pytest.raises(IdempotencyKeyReused):
        await process.replays.begin(dataclasses.replace(WANTED, **change))  # type: ignore[arg-type]
    await process.replays.save(claim, ANSWER)
    with pytest.raises(IdempotencyKeyReused):
        await process.replays.begin(dataclasses.replace(WANTED, **change))  # type: ignore[arg-type]


async def test_another_api_key_is_another_scope(store: Store, clock: FakeClock) -> None:
    process = await start(store, clock)
    first = await claimed(process)
    assert (await claimed(process, replace(WANTED, key_id="key_2"))).command_id != first.command_id


async def test_while_the_first_one_runs_the_others_are_told_so(store: Store, clock: FakeClock) -> None:
    process, other = await start(store, clock), await start(store, clock)
    begun = await asyncio.gather(
        *(each.replays.begin(WANTED) for each in (process, other) for _ in range(100)), return_exceptions=True
    )
    assert sum(isinstance(each, Claim) for each in begun) == 1
    assert sum(isinstance(each, IdempotencyInProgress) for each in begun) == 199


@pytest.mark.parametrize(("status", "kept"), [
    (200, True), (201, True), (204, True), (400, True), (403, True), (404, True), (409, True), (412, True), (422, True),
    (401, False), (408, False), (429, False), (500, False), (502, False), (503, False), (504, False),
])  # fmt: skip
async def test_what_says_what_became_of_the_request_is_kept_and_else_it_runs_again_as_the_same_command(
    clock: FakeClock, status: int, kept: bool
) -> None:
    store = MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS, *COLLECTIONS])
    process = await start(store, clock)
    claim = await claimed(process)
    await process.replays.save(claim, replace(ANSWER, status=status))
    again = await process.replays.begin(WANTED)
    if kept:
        assert isinstance(again, SavedAnswer)
    else:
        assert isinstance(again, Claim)
        assert again.command_id == claim.command_id
        assert again.fence > claim.fence


async def test_a_claim_lapses_with_its_process_and_the_next_one_runs_the_same_command(
    store: Store, clock: FakeClock
) -> None:
    dead, alive = await start(store, clock), await start(store, clock)
    claim = await claimed(dead)
    for _ in range(5):
        clock.advance(1)
        with pytest.raises(IdempotencyInProgress):
            await alive.replays.begin(WANTED)
        await dead.replicas.step()
        await alive.replicas.step()
    for _ in range(math.ceil(DEAD_SECONDS)):
        clock.advance(1)
        await alive.replicas.step()
    again = await claimed(alive)
    assert again.command_id == claim.command_id
    # The one that was taken for dead comes back: what it would save is refused.
    await dead.replays.save(claim, replace(ANSWER, body=b"late"))
    await alive.replays.save(again, ANSWER)
    assert await alive.replays.begin(WANTED) == ANSWER


async def test_after_24_hours_the_key_is_free(store: Store, clock: FakeClock) -> None:
    process = await start(store, clock)
    first = await claimed(process)
    clock.advance(3600)
    await process.replays.save(first, ANSWER)
    clock.advance(23 * 3600 - 1)
    assert await process.replays.begin(WANTED) == ANSWER
    clock.advance(1)
    assert (await claimed(process)).command_id != first.command_id


async def test_a_saved_answer_is_sealed_at_rest(store: Store, clock: FakeClock) -> None:
    process = await start(store, clock)
    await process.replays.save(await claimed(process), ANSWER)
    (document,) = await store.documents.query(REPLAYS.name, Query())
    assert "shown_once" not in str(document.body)
    assert "wks_2" not in str(document.body)


async def test_an_erased_persons_answers_are_forgotten_and_the_retry_runs_as_the_same_command(
    store: Store, clock: FakeClock
) -> None:
    process = await start(store, clock)
    person = "usr_" + "2" * 26
    tells = {
        "own": replace(WANTED, user_id=person, idempotency_key="own"),
        "about": replace(WANTED, idempotency_key="about"),
        "mail": replace(WANTED, idempotency_key="mail"),
        "invited": replace(WANTED, workspace_id="wks_2", idempotency_key="invited"),
    }
    invitation = "inv_" + "3" * 26
    bodies = {
        "own": b"{}",
        "about": b'{"id":"%s"}' % person.encode(),
        "mail": b'{"email":"a@b.c"}',
        "invited": b'{"id":"%s","email":"a@b.c"}' % invitation.encode(),
    }
    claims = {name: await claimed(process, wanted) for name, wanted in tells.items()}
    for name, claim in claims.items():
        await process.replays.save(claim, replace(ANSWER, body=bodies[name]))
    await process.replays.save(await claimed(process), ANSWER)
    message = Message(
        "evt_1", "user.deleted", "/tenancy", f"user/{person}", START, person,
        {"object": {"id": person, "type": "user", "attributes": {}}, "forgets": [person, invitation]},
        workspace_ids=("wks_1",),
    )  # fmt: skip
    await forgetting(process.replays)(message)
    for name, wanted in tells.items():
        assert (await claimed(process, wanted)).command_id == claims[name].command_id
    assert await process.replays.begin(WANTED) == ANSWER


async def test_killed_at_any_call_to_the_store_the_retry_has_one_effect_and_the_same_answer(clock: FakeClock) -> None:
    at, died = 0, True
    while died:
        at += 1
        store = MemoryStore(clock=clock)
        await store.open([SUBJECT_KEYS, *COLLECTIONS])
        effects: dict[str, SavedAnswer] = {}

        async def run(process: Process, effects: dict[str, SavedAnswer] = effects) -> SavedAnswer:
            begun = await process.replays.begin(WANTED)
            if isinstance(begun, SavedAnswer):
                return begun
            # The service: one command, one effect, and the first answer again.
            body = b'{"data": %d}' % len(effects)
            answer = effects.setdefault(begun.command_id, replace(ANSWER, body=body))
            await process.replays.save(begun, answer)
            return answer

        first = await start(store, clock)
        fuse = Fuse(at)
        first.replays._documents = first.replays._vault._documents = fuse.guard(store.documents)
        died, seen = False, None
        try:
            seen = await run(first)
        except Killed:
            died = True
        clock.advance(1)
        second = await start(store, clock)
        for _ in range(math.ceil(DEAD_SECONDS)):
            clock.advance(1)
            await second.replicas.step()
        answers = {await run(second) for _ in range(2)} | ({seen} if seen else set())
        assert len(effects) == len(answers) == 1, at
    assert at > 6


async def test_a_claim_whose_end_the_store_did_not_take_is_given_up_later(clock: FakeClock) -> None:
    store = MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS, *COLLECTIONS])
    process, other = await start(store, clock), await start(store, clock)
    claim = await claimed(process)
    documents = process.replays._documents
    process.replays._documents = _Broken()  # type: ignore[assignment]
    await process.replays.save(claim, ANSWER)
    process.replays._documents = documents
    with pytest.raises(IdempotencyInProgress):
        await other.replays.begin(WANTED)
    await process.replays.tidy()
    assert (await claimed(other)).command_id == claim.command_id


class _Broken:
    def __getattr__(self, name: str) -> object:
        async def fail(*_: object, **__: object) -> None:
            raise StoreUnavailable("down")

        return fail


class _Late:
    """Documents whose writes are answered by a failure, and may be done later."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.owed: list[Put | Delete] = []

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        self.owed += writes
        raise StoreUnavailable("late")

    def __getattr__(self, name: str) -> object:
        return getattr(self._documents, name)


async def test_a_claim_that_lands_after_it_was_given_up_is_opened_to_others(clock: FakeClock) -> None:
    store = MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS, *COLLECTIONS])
    process, other = await start(store, clock), await start(store, clock)
    late = _Late(store.documents)
    process.replays._documents = late  # type: ignore[assignment]  # what of documents it uses
    with pytest.raises(StoreUnavailable):
        await process.replays.begin(WANTED)
    process.replays._documents = store.documents
    await process.replays.tidy()  # there is nothing yet
    await store.documents.write(late.owed)
    for _ in range(5):
        clock.advance(1)
        for each in (process, other):
            await each.replicas.step()
        await process.replays.tidy()
    assert isinstance(await other.replays.begin(WANTED), Claim)
