import pytest

from atrium_common.eventing.personal import Personal
from atrium_common.eventing.vault import SUBJECT_KEYS, BadSealingKeys, MasterKeys, Unsealable, Vault, day_subject
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import START, FakeClock

K1 = "k1:" + "A" * 43 + "="
K2 = "k2:" + "B" * 42 + "A="


async def vault(clock: FakeClock, store: MemoryStore | None = None) -> Vault:
    store = store or MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS])
    return Vault(store.documents, MasterKeys.parse(K1), clock=clock)


async def test_what_is_sealed_is_unreadable_at_rest_and_opens_again() -> None:
    sealing = await vault(FakeClock())
    marked = {"name": Personal("usr_1", "Jane Doe").marked(), "list": [1, Personal("usr_2", "x").marked()]}
    sealed = await sealing.seal(marked)
    assert "Jane" not in str(sealed)
    assert await sealing.open(sealed) == marked


async def test_forgetting_a_subject_forgets_it_everywhere_and_for_good() -> None:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    one, two = await vault(clock, store), await vault(clock, store)
    sealed = await one.seal(Personal("usr_1", "Jane").marked())
    assert await two.open(sealed) == Personal("usr_1", "Jane").marked()
    await one.forget("usr_1")
    clock.advance(6)
    for sealing in (one, two):
        assert await sealing.open(sealed) == Personal("usr_1", None).marked()
    again = await two.seal(Personal("usr_1", "Jane again").marked())
    assert await one.open(again) == Personal("usr_1", None).marked()


async def test_a_secret_of_a_day_is_gone_after_48_hours() -> None:
    clock = FakeClock()
    sealing = await vault(clock)
    sealed = await sealing.seal(Personal(day_subject(START), "sk_live_x").marked())
    clock.advance(48 * 3600)
    assert await sealing.open(sealed) == Personal(day_subject(START), "sk_live_x").marked()
    clock.advance(24 * 3600 + 1)
    assert await sealing.open(sealed) == Personal(day_subject(START), None).marked()


def test_master_keys_rotate_and_a_sealed_text_is_bound_to_its_place() -> None:
    old, new = MasterKeys.parse(K1), MasterKeys.parse(f"{K2},{K1}")
    sealed = old.seal(b"secret", context="wh_1")
    assert new.open(sealed, context="wh_1") == b"secret"
    assert new.seal(b"secret", context="wh_1").startswith("k2.")
    with pytest.raises(Unsealable):
        new.open(sealed, context="wh_2")
    with pytest.raises(Unsealable):
        MasterKeys.parse(K2).open(sealed, context="wh_1")


@pytest.mark.parametrize("text", ["", "k1", "k1:short", "k1:###", ":" + "A" * 43 + "="])
def test_malformed_master_keys_are_refused_by_the_settings_name(text: str) -> None:
    with pytest.raises(BadSealingKeys, match="ATRIUM_SEALING_KEYS"):
        MasterKeys.parse(text)


@pytest.mark.parametrize("text", ["c3dvcmRmaXNo", f"{K1},c3dvcmRmaXNo:", "swordfish:c3dvcmRmaXNo", ":c3dvcmRmaXNo"])
def test_what_is_wrong_with_a_master_key_is_told_without_any_part_of_it(text: str) -> None:
    with pytest.raises(BadSealingKeys) as refused:
        MasterKeys.parse(text)
    assert "c3dvcmRmaXNo" not in str(refused.value)
    assert "swordfish" not in str(refused.value)


async def test_rewrapping_brings_every_subjects_key_under_the_new_master_key_and_touches_nothing_sealed() -> None:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    old = await vault(clock, store)
    sealed = [await old.seal(Personal(f"usr_{n}", f"name {n}").marked()) for n in range(3)]
    secret = await old.seal(Personal(day_subject(START), "sk_live_x").marked())
    await old.forget("usr_2")
    new = Vault(store.documents, MasterKeys.parse(f"{K2},{K1}"), clock=clock)
    assert await new.wrapped_under() == {"k1": 3}
    assert await new.rewrap() == 3
    assert await new.rewrap() == 0
    alone = Vault(store.documents, MasterKeys.parse(K2), clock=clock)
    assert [await alone.open(value) for value in sealed] == [
        Personal("usr_0", "name 0").marked(),
        Personal("usr_1", "name 1").marked(),
        Personal("usr_2", None).marked(),
    ]
    assert await alone.open(secret) == Personal(day_subject(START), "sk_live_x").marked()
    clock.advance(73 * 3600)
    assert await alone.open(secret) == Personal(day_subject(START), None).marked()
    assert await alone.forgotten() == ["usr_2"]
