import asyncio

import pytest

from atrium_common.bus.ports import Message
from atrium_common.errors import ConcurrentLimitExceeded, InvalidApiKey, NotFound
from atrium_common.jsontypes import JSONObject
from atrium_common.testing.clock import START, FakeClock
from atrium_gateway import keys as keys_module
from atrium_gateway.holder import Asked, Holder
from atrium_gateway.keys import KeyCache

ASKED = Asked(b"d" * 32)


class Tenancy:
    """Answers what the test says, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.position = 10
        self.known = True
        self.access = "ok"
        self.namespace: JSONObject | None = None
        self.slow = asyncio.Event()
        self.slow.set()

    async def resolve(self, _: Asked) -> JSONObject:
        self.asked += 1
        position = self.position
        await self.slow.wait()
        if not self.known:
            raise NotFound("api_key", "given")
        return {
            "position": position,
            "key": {"id": "key_1", "workspace_id": "wks_1", "expires_at": None, "scopes": []},
            "user": {"id": "usr_1", "tier": "free"},
            "context": {"access": self.access, "workspace": {"id": "wks_1"}, "namespace": self.namespace},
        }


def changed(kind: str, aggregate: str, position: int) -> Message:
    data: JSONObject = {"object": {"id": aggregate, "attributes": {}}}
    return Message("evt_1", kind, "/tenancy", "", START, "wks_1", data, workspace_id="wks_1", position=position)


@pytest.fixture
def tenancy() -> Tenancy:
    return Tenancy()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keys(tenancy: Tenancy, clock: FakeClock) -> KeyCache:
    return KeyCache(tenancy.resolve, clock=clock)


async def test_many_who_ask_at_once_make_one_look_up(keys: KeyCache, tenancy: Tenancy) -> None:
    await asyncio.gather(*(keys.holder(ASKED) for _ in range(50)))
    await keys.holder(ASKED)
    assert tenancy.asked == 1


async def test_a_key_is_kept_for_seconds_only_while_the_stream_is_not_current(
    keys: KeyCache, tenancy: Tenancy, clock: FakeClock
) -> None:
    await keys.holder(ASKED)
    clock.advance(4.9)
    await keys.holder(ASKED)
    assert tenancy.asked == 1
    clock.advance(0.2)
    await keys.holder(ASKED)
    assert tenancy.asked == 2


@pytest.mark.parametrize(
    ("kind", "aggregate"), [("api_key.revoked", "key_1"), ("workspace.suspended", "wks_1"), ("user.updated", "usr_1")]
)
async def test_a_change_drops_what_is_known(keys: KeyCache, tenancy: Tenancy, kind: str, aggregate: str) -> None:
    await keys.holder(ASKED)
    keys.invalidate(changed(kind, aggregate, 11))
    tenancy.position = 11
    await keys.holder(ASKED)
    assert tenancy.asked == 2


@pytest.mark.parametrize(("kind", "aggregate"), [("user.updated", "usr_2"), ("workspace.updated", "wks_2")])
async def test_a_change_of_a_namespaces_owner_or_billing_workspace_drops_what_is_known_of_it(
    keys: KeyCache, tenancy: Tenancy, kind: str, aggregate: str
) -> None:
    tenancy.namespace = {"owner_type": "User", "owner_id": "usr_2", "billing_workspace_id": "wks_2"}
    asked = Asked(ASKED.digest, namespace_id="ns_1")
    await keys.holder(asked)
    keys.invalidate(changed(kind, aggregate, 11))
    tenancy.position = 11
    await keys.holder(asked)
    assert tenancy.asked == 2


async def test_a_late_fill_can_not_undo_a_revocation_behind_which_older_events_have_come_again(
    keys: KeyCache, tenancy: Tenancy
) -> None:
    tenancy.slow.clear()
    asking = asyncio.create_task(keys.holder(ASKED))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for position in (12, 9):
        keys.invalidate(changed("api_key.revoked", "key_1", position))
    tenancy.position = 12
    tenancy.slow.set()
    await asking
    assert tenancy.asked == 2


async def test_a_late_fill_can_not_undo_a_newer_revocation(keys: KeyCache, tenancy: Tenancy) -> None:
    tenancy.slow.clear()
    asking = asyncio.create_task(keys.holder(ASKED))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    keys.invalidate(changed("api_key.revoked", "key_1", 11))
    tenancy.position = 11
    tenancy.slow.set()
    await asking
    assert tenancy.asked == 2


async def test_what_a_write_through_this_gateway_changed_is_asked_anew_by_the_next_request(
    keys: KeyCache, tenancy: Tenancy
) -> None:
    await keys.holder(ASKED)
    keys.forget(["workspace/wks_2", "namespace/ns_1"])
    await keys.holder(ASKED)
    assert tenancy.asked == 1
    keys.forget(["workspace/wks_1"])
    tenancy.slow.clear()
    asking = asyncio.create_task(keys.holder(ASKED))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    keys.forget(["workspace/wks_1"])
    tenancy.slow.set()
    await asking
    assert tenancy.asked == 3


async def test_an_unknown_key_is_remembered_as_unknown_for_a_while(
    keys: KeyCache, tenancy: Tenancy, clock: FakeClock
) -> None:
    tenancy.known = False
    for _ in range(3):
        with pytest.raises(InvalidApiKey):
            await keys.holder(ASKED)
    assert tenancy.asked == 1
    clock.advance(6)
    tenancy.known = True
    await keys.holder(ASKED)


async def test_a_key_that_changed_while_the_cache_had_no_subscription_is_asked_for_again(
    keys: KeyCache, tenancy: Tenancy
) -> None:
    await keys.holder(ASKED)
    keys._epoch += 1
    keys._holders.clear()
    await keys.holder(ASKED)
    assert tenancy.asked == 2


async def test_a_namespace_that_changes_drops_only_what_was_answered_about_it(keys: KeyCache, tenancy: Tenancy) -> None:
    about = Asked(b"d" * 32, None, "ns_1")
    await keys.holder(ASKED)
    await keys.holder(about)
    keys.invalidate(changed("namespace.updated", "ns_1", 11))
    assert keys.known(ASKED) is not None
    assert keys.known(about) is None


async def test_a_refusal_is_asked_for_again_so_that_what_was_just_allowed_works_at_once(
    keys: KeyCache, tenancy: Tenancy, clock: FakeClock
) -> None:
    tenancy.access = "denied"
    refused = await keys.holder(ASKED)
    assert refused.refused is not None
    clock.advance(0.001)
    tenancy.access = "ok"
    assert (await keys.confirmed(refused, since=clock.monotonic())).refused is None
    assert keys.known(ASKED) is not None


async def test_a_key_that_is_refused_without_end_is_asked_for_a_few_times_a_second(
    keys: KeyCache, tenancy: Tenancy, clock: FakeClock
) -> None:
    tenancy.access = "denied"
    holder: Holder = await keys.holder(ASKED)
    for _ in range(1000):
        clock.advance(0.001)
        holder = await keys.confirmed(holder, since=clock.monotonic())
    assert tenancy.asked <= 16


async def test_a_key_that_is_refused_in_many_contexts_is_asked_for_a_few_times_a_second(
    keys: KeyCache, tenancy: Tenancy, clock: FakeClock
) -> None:
    tenancy.access = "denied"
    holders = [await keys.holder(Asked(b"d" * 32, f"wks_{number}")) for number in range(50)]
    asked = tenancy.asked
    for _ in range(40):
        clock.advance(0.05)
        for holder in holders:
            await keys.confirmed(holder, since=clock.monotonic())
    assert 19 <= tenancy.asked - asked <= 21, "ten at once, and five in each of two seconds"


async def test_who_tries_contexts_at_random_is_stopped_and_keeps_those_that_it_has(
    keys: KeyCache, tenancy: Tenancy, clock: FakeClock
) -> None:
    there = Asked(b"d" * 32, "wks_1")
    await keys.holder(there)
    tenancy.access, asked = "denied", tenancy.asked
    stopped = 0
    for number in range(1000):
        clock.advance(0.001)
        try:
            await keys.holder(Asked(b"d" * 32, f"wks_x{number}"))
        except ConcurrentLimitExceeded:
            stopped += 1
    assert tenancy.asked - asked <= 61
    assert stopped == 1000 - (tenancy.asked - asked)
    assert keys.known(there) is not None
    tenancy.access = "ok"
    await keys.holder(ASKED)
    await keys.holder(Asked(b"e" * 32, "wks_1"))
    clock.advance(1)
    assert (await keys.holder(Asked(b"d" * 32, "wks_2"))).refused is None


async def test_many_requests_in_one_context_that_refuses_them_count_as_one(keys: KeyCache, tenancy: Tenancy) -> None:
    tenancy.access = "denied"
    await asyncio.gather(*(keys.holder(Asked(b"d" * 32, "wks_1")) for _ in range(200)))
    assert (await keys.holder(Asked(b"d" * 32, "wks_2"))).refused is not None


async def test_a_key_may_be_used_in_any_number_of_contexts_that_do_not_refuse_it(keys: KeyCache) -> None:
    contexts = [Asked(b"d" * 32, f"wks_{number}") for number in range(200)]
    assert not any(holder.refused for holder in await asyncio.gather(*map(keys.holder, contexts)))


async def test_what_is_remembered_is_bounded_by_bytes(tenancy: Tenancy, clock: FakeClock) -> None:
    keys = KeyCache(tenancy.resolve, clock=clock, most_bytes=50_000)
    for number in range(100):
        await keys.holder(Asked(number.to_bytes(32)))
    assert keys._bytes <= 50_000
    assert 5 < len(keys._holders) < 20
    assert keys.known(Asked((99).to_bytes(32))) is not None
    assert all(len(asked) <= len(keys._holders) for asked in keys._by_tag.values())


async def test_a_fill_older_than_forgotten_invalidations_is_not_believed(
    keys: KeyCache, tenancy: Tenancy, clock: FakeClock
) -> None:
    for number in range(20_002):
        keys.invalidate(changed("api_key.revoked", f"key_other{number}", 1000 + number))
    tenancy.position = 900
    tenancy.slow.clear()
    asking = asyncio.create_task(keys.holder(ASKED))
    while not tenancy.asked:
        await asyncio.sleep(0)
    tenancy.position = 30_000
    tenancy.slow.set()
    await asking
    assert tenancy.asked == 2


@pytest.mark.parametrize("how", ["stream", "own write"])
async def test_a_key_that_a_deletion_had_closed_is_known_again_once_its_workspace_is_restored(
    keys: KeyCache, tenancy: Tenancy, how: str
) -> None:
    tenancy.known = False
    with pytest.raises(InvalidApiKey):
        await keys.holder(ASKED)
    tenancy.known = True
    if how == "stream":
        keys.invalidate(changed("workspace.restored", "wks_1", 11))
    else:
        keys.forget(["workspace/wks_1"])
    tenancy.position = 11
    await keys.holder(ASKED)


async def test_a_look_up_is_not_begun_anew_for_what_others_write(keys: KeyCache, tenancy: Tenancy) -> None:
    tenancy.slow.clear()
    asking = asyncio.create_task(keys.holder(ASKED))
    while not tenancy.asked:
        await asyncio.sleep(0)
    keys.forget({"webhook/wh_of_somebody", "workspace/wks_of_somebody"})
    tenancy.slow.set()
    assert (await asking).key_id == "key_1"
    assert tenancy.asked == 1


async def test_a_look_up_is_begun_anew_where_its_own_workspace_was_written(keys: KeyCache, tenancy: Tenancy) -> None:
    tenancy.slow.clear()
    asking = asyncio.create_task(keys.holder(ASKED))
    while not tenancy.asked:
        await asyncio.sleep(0)
    keys.forget({"workspace/wks_1"})
    tenancy.slow.set()
    await asking
    assert tenancy.asked == 2


async def test_a_late_no_of_before_a_restoration_is_not_remembered(keys: KeyCache, tenancy: Tenancy) -> None:
    tenancy.known = False
    tenancy.slow.clear()
    early = asyncio.create_task(keys.holder(ASKED))
    while not tenancy.asked:
        await asyncio.sleep(0)
    keys.forget({"workspace/wks_1"})  # restored, and answered
    tenancy.slow.set()
    with pytest.raises(InvalidApiKey):
        await early
    tenancy.known = True
    assert (await keys.holder(ASKED)).key_id == "key_1"


async def test_a_quiet_stream_is_current_between_two_looks() -> None:
    assert keys_module._CURRENT_WITHIN >= 2 * keys_module._PATIENCE
