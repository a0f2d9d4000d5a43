"""Turns: who has much waiting takes nothing from who has little."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from atrium_webhooks.application.lane import Lane
from atrium_webhooks.application.rota import Rota
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials

AT = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


def lane(name: str, workspace_id: str = "wks_1") -> Lane:
    created = domain.WebhookCreated(
        workspace_id=workspace_id,
        settings=domain.EndpointSettings(url="https://example.com/hooks", events=("*",)),
        credentials=new_credentials(name, secret="the one secret", randomness=bytes),
        is_active=True,
        livemode=True,
        at=AT,
    )
    return Lane(name, domain.evolve(None, created))


def starting(waiting: Counter[str], begun: list[str]) -> Callable[[Lane], bool]:
    """Begins what waits, and says in which order."""

    def start(each: Lane) -> bool:
        if not waiting[each.endpoint_id]:
            return False
        waiting[each.endpoint_id] -= 1
        begun.append(each.endpoint_id)
        return True

    return start


def test_a_single_delivery_begins_next_however_many_wait_for_another_endpoint() -> None:
    rota, begun = Rota(100), list[str]()
    start = starting(Counter(flooded=2000, calm=1), begun)
    for each in (lane("flooded"), lane("calm")):
        rota.add(each)
    rota.turn(start)
    assert begun[:3] == ["flooded", "calm", "flooded"]


def test_a_workspace_with_many_flooded_endpoints_takes_turns_with_one_that_has_a_single_one() -> None:
    rota, begun = Rota(400), list[str]()
    many = [lane(f"flooded {number}") for number in range(50)]
    for each in (*many, lane("calm", "wks_2")):
        rota.add(each)
    rota.turn(starting(Counter({**{each.endpoint_id: 1000 for each in many}, "calm": 1000}), begun))
    assert begun[:20].count("calm") == 10


def test_no_endpoint_takes_more_than_its_part_of_what_is_scarce() -> None:
    rota, begun = Rota(40), list[str]()
    lanes = [lane(f"slow {number}") for number in range(6)]
    for each in lanes:
        rota.add(each)
    rota.turn(starting(Counter({each.endpoint_id: 1000 for each in lanes}), begun))
    assert len(begun) == 20  # the other half stays free for who is not slow
    rota.add(lane("calm", "wks_2"))
    rota.turn(starting(Counter(calm=1), begun))
    assert begun[20:] == ["calm"]
