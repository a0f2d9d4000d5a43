from atrium_common.ids import TimeOrderedIds
from atrium_common.testing.clock import FakeClock


def test_ids_of_one_source_ascend_also_within_a_millisecond_and_are_26_characters() -> None:
    clock = FakeClock()
    ids = TimeOrderedIds(clock=clock, randbits=lambda _: 2**60 - 1500)
    made = [ids.new("req") for _ in range(3000)]
    clock.advance(0.001)
    made += [ids.new("req") for _ in range(3000)]
    assert made == sorted(set(made))
    assert {len(each) for each in made} == {30}
