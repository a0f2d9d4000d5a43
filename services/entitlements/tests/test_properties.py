"""What is always true of accounts, whatever is done to them in whatever order."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from atrium_common.errors import StateConflict, ValidationFailed
from atrium_common.eventing.event import EventRegistry
from atrium_entitlements.domain import boosts, provisioning
from atrium_entitlements.domain.account import NEW, evolve
from atrium_entitlements.domain.events import EVENTS, LimitReached, LimitWarned
from atrium_entitlements.domain.grants import consumed
from atrium_entitlements.domain.standing import node_of
from atrium_entitlements.rows import ACCOUNT
from services.entitlements.tests.house import House

COUNTED = ["calls", "storage", "storage.images", "storage.images.small", "seats", "mails", "credits", "minutes"]
ACCOUNTS = ["ns_1", "wks_1"]
AMOUNTS = st.integers(1, 120)

STEPS = st.one_of(
    st.tuples(st.just("use"), st.sampled_from(COUNTED), AMOUNTS, st.booleans()),
    st.tuples(st.just("late"), st.sampled_from(COUNTED), AMOUNTS, st.integers(1, 24)),
    st.tuples(st.just("return"), st.sampled_from(COUNTED), AMOUNTS),
    st.tuples(st.just("reserve"), st.sampled_from(COUNTED), AMOUNTS, st.integers(1, 86_400)),
    st.tuples(st.just("commit"), st.integers(0, 5), AMOUNTS),
    st.tuples(st.just("release"), st.integers(0, 5)),
    st.tuples(st.just("give"), st.sampled_from(["plan", "bigger", "endless", "extra", "once"]),
              st.sampled_from(ACCOUNTS), st.booleans(), st.sampled_from([None, 5, 40])),
    st.tuples(st.just("schedule"), st.sampled_from(["plan", "bigger", "once"]), st.sampled_from(ACCOUNTS),
              st.integers(1, 40), st.booleans()),
    st.tuples(st.just("boost"), st.sampled_from(COUNTED), st.sampled_from(ACCOUNTS),
              st.sampled_from(["permanent", "cycle_bound", "duration"]), AMOUNTS),
    st.tuples(st.just("end"), st.sampled_from(ACCOUNTS), st.sampled_from(["suspend", "unsuspend", "cancel", "renew"]),
              st.integers(0, 3)),
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 3600, 20 * 3600, 86_400, 9 * 86_400, 40 * 86_400])),
)  # fmt: skip
STORIES = st.lists(STEPS, max_size=40)


def play(house: House, step: Any) -> None:
    """One step; what is refused changes nothing."""
    kind, *rest = step
    held = [each for account in house.accounts.values() for each in account.reservations]
    try:
        match kind:
            case "use":
                code, amount, enforce = rest
                house.use(code, amount, enforce=enforce)
            case "late":
                code, amount, hours = rest
                house.use(code, amount, ago=timedelta(hours=hours))
            case "return":
                code, amount = rest
                house.use(code, -amount)
            case "reserve":
                code, amount, seconds = rest
                house.reserve(code, amount, seconds=seconds)
            case "commit" if held:
                number, amount = rest
                house.commit(held[number % len(held)], amount)
            case "release" if held:
                house.release(held[rest[0] % len(held)])
            case "give":
                code, to, instead, days = rest
                end = None if days is None else house.now + timedelta(days=days)
                house.give(code, to, replace=instead, expires_at=end)
            case "schedule":
                code, to, days, anchored = rest
                start = house.now + timedelta(days=days)
                house.give(code, to, replace=True, starts_at=start, anchor=start if anchored else None)
            case "boost":
                code, to, duration, amount = rest
                end = house.now + timedelta(days=3) if duration == "duration" else None
                house.boost(code, duration=duration, to=to, quantity=amount, expires_at=end)
            case "end":
                account_id, what, number = rest
                account = house.account(account_id)
                names = list(account.entitlements)
                if names:
                    name = names[number % len(names)]
                    decided = {
                        "suspend": lambda: provisioning.suspend(account, name, None, house.acting),
                        "unsuspend": lambda: provisioning.unsuspend(account, name, house.acting),
                        "cancel": lambda: provisioning.cancel(account, name, None, house.acting),
                        "renew": lambda: provisioning.renew(account, name, house.acting),
                    }[what]()
                    house.apply(account_id, *decided)
            case "wait":
                house.pass_time(seconds=rest[0])
    except (StateConflict, ValidationFailed):
        pass


def lived(house: House, story: Any) -> House:
    fresh = House(house.features, house.packages)
    for step in story:
        play(fresh, step)
    return fresh


PROPERTY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@PROPERTY
@given(story=STORIES)
def test_granted_and_overage_are_always_used_and_remaining(house: House, story: Any) -> None:
    house = House(house.features, house.packages)
    for step in story:
        play(house, step)
        for view in house.views():
            for code in COUNTED:
                feature = house.catalogue.feature(code)
                assert feature is not None
                root = house.catalogue.chain(feature)[-1]
                node = node_of(view, feature, root, at=house.now, zone="UTC")
                parts = list(consumed(node.grants, node.used))
                assert node.used >= 0
                assert sum(part.used for part in parts) == node.used - node.overage
                assert [part.grant.rank for part in parts] == sorted(part.grant.rank for part in parts)
                if node.limit is not None:
                    remaining = sum(part.remaining or 0 for part in parts)
                    assert node.limit + node.overage == node.used + remaining
                    assert remaining == node.available


@PROPERTY
@given(story=STORIES)
def test_no_enforced_step_ever_passes_a_limit_on_any_pool(house: House, story: Any) -> None:
    house = House(house.features, house.packages)
    for step in story:
        before = {code: house.stand(code) for code in COUNTED}
        enforced = step[0] == "reserve" or (step[0] == "use" and step[3])
        play(house, step)
        if not enforced:
            continue
        boosted = any(
            boost.made.feature == step[1] for account in house.accounts.values() for boost in account.boosts.values()
        )
        for code, earlier in before.items():
            # A feature's own boosts go beyond what is granted to all that count on its pool.
            if boosted and step[1].startswith(f"{code}."):
                continue
            after = house.stand(code)
            # A step that was enforced adds no overage: what is over was over before.
            assert after.overage <= earlier.overage
        granted = before[step[1]].available
        if granted is not None and before[step[1]].standings:
            assert house.stand(step[1]).used - before[step[1]].used <= granted


@PROPERTY
@given(story=STORIES)
def test_no_pool_has_less_in_use_than_its_parts(house: House, story: Any) -> None:
    house = House(house.features, house.packages)
    for step in story:
        play(house, step)
        for account in house.accounts.values():
            for code, counter in account.counters.items():
                parts = [account.counters.get(part.code) for part in house.catalogue.children(code)]
                assert counter.total >= sum(part.total for part in parts if part is not None)


@PROPERTY
@given(story=STORIES)
def test_a_replay_of_the_stored_events_is_the_live_state(house: House, story: Any) -> None:
    house = lived(house, story)
    registry = EventRegistry(EVENTS)
    for account_id, account in house.accounts.items():
        state = None
        for event in house.events[account_id]:
            state = evolve(state, registry.read(event.TYPE, event.SCHEMA, event.model_dump(mode="json")))
        assert state == account


@PROPERTY
@given(story=STORIES, cut=st.integers(0, 60))
def test_a_snapshot_and_the_tail_behind_it_are_the_full_fold(house: House, story: Any, cut: int) -> None:
    house = lived(house, story)
    how = ACCOUNT.snapshot
    assert how is not None
    for account_id, account in house.accounts.items():
        events = house.events[account_id]
        state = None
        for event in events[:cut]:
            state = evolve(state, event)
        state = how.load(how.dump(state or NEW))
        for event in events[cut:]:
            state = evolve(state, event)
        assert state == account


@PROPERTY
@given(story=STORIES)
def test_thresholds_are_told_once_for_a_cycle_and_limit_and_in_order(house: House, story: Any) -> None:
    house = lived(house, story)
    for events in house.events.values():
        told: dict[tuple[str, object], list[tuple[int, int]]] = {}
        for event in events:
            if isinstance(event, LimitWarned | LimitReached):
                assert event.used * 100 >= event.limit * event.threshold
                told.setdefault((event.feature, event.cycle_start), []).append((event.limit, event.threshold))
        for (feature, _), alerts in told.items():
            if feature == "mails":  # a rolling window has no cycle: falling below arms it again
                continue
            for (limit, threshold), (next_limit, next_threshold) in pairwise(alerts):
                assert next_limit > limit or next_threshold > threshold


@PROPERTY
@given(quantities=st.lists(st.tuples(st.integers(0, 40 * 86_400), st.integers(-30, 30)), max_size=60))
def test_a_rolling_window_agrees_with_counting_every_use_again(house: House, quantities: Any) -> None:
    """The slow reference: a list of single units, the newest given back first, those of old buckets forgotten."""
    house = House(house.features, house.packages)
    width = 30 * 86_400 // 720
    units: list[int] = []
    for seconds, quantity in quantities:
        house.pass_time(seconds=seconds % 200_000)
        bucket = int(house.now.timestamp()) // width
        units = [unit for unit in units if unit > bucket - 720]
        if quantity > 0:
            house.use("mails", quantity, enforce=False)
            units += [bucket] * quantity
        elif quantity < 0 and -quantity <= len(units):
            house.use("mails", quantity)
            units = sorted(units)[:quantity]
        elif quantity < 0:
            with pytest.raises(ValidationFailed):
                house.use("mails", quantity)
        counter = house.account("ns_1").counters.get("mails")
        used = 0 if counter is None else counter.used(start=None, days=30, at=house.now)
        assert used == len(units)


def test_every_event_is_read_back_as_it_was_stored() -> None:
    registry = EventRegistry(EVENTS)
    assert len(registry.types()) == len(EVENTS)
    assert all(issubclass(event, BaseModel) for event in EVENTS)
    assert boosts.expire(NEW, House([], []).now) == ()
