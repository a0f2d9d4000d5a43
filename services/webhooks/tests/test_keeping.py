"""What is kept about persons: sealed from the first write on, null once one of them is erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from atrium_common.bus.ports import Message
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.jsontypes import JSONObject
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.kept import Keeper, body_of, kept_message, subjects_of

DATA: JSONObject = {
    "object": {"id": "usr_1", "attributes": {"name": "Joan Bell", "tags": ["a", "Jo"], "tier": "pro"}},
    "by": "Otto",
}
MESSAGE = Message(
    "evt_1", "user.created", "/tenancy", "user/usr_1", datetime(2026, 1, 1, tzinfo=UTC), "user/usr_1", DATA,
    workspace_ids=("wks_1",), personal={"/object/attributes/name": "usr_1", "/object/attributes/tags/1": "usr_1",
                                        "/by": "usr_2"},
)  # fmt: skip


@pytest.fixture
async def vault() -> Vault:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS])
    return Vault(store.documents, MasterKeys({"k": bytes(32)}), clock=clock)


async def test_a_kept_event_holds_no_plaintext_and_is_sent_as_it_came(vault: Vault) -> None:
    keeper = Keeper(vault)
    kept = await keeper.keep(MESSAGE, received_at="2026-01-01T00:00:00.000Z", endpoints=["wh_1"])
    for hidden in ("Joan", '"Jo"', "Otto"):
        assert hidden not in json.dumps(kept)
    assert list(subjects_of(kept)) == ["usr_1", "usr_2"]
    opened = await keeper.opened(kept)
    body = json.loads(body_of("evt_1", opened, workspace_id="wks_1", livemode=True))
    assert body["data"] == DATA
    assert kept_message("evt_1", opened).data == DATA


async def test_an_erasure_leaves_the_rest_of_an_event_and_none_of_the_person(vault: Vault) -> None:
    keeper = Keeper(vault)
    kept = await keeper.keep(MESSAGE, received_at="2026-01-01T00:00:00.000Z", endpoints=[])
    await vault.forget("usr_1")
    data = json.loads(str((await keeper.opened(kept))["data"]))
    assert data == {"object": {"id": "usr_1", "attributes": {"name": None, "tags": ["a", None], "tier": "pro"}},
                    "by": "Otto"}  # fmt: skip


@pytest.mark.parametrize("forgotten", ["usr_1", "usr_2"])
async def test_a_text_that_may_speak_of_several_is_forgotten_with_any_of_them(vault: Vault, forgotten: str) -> None:
    keeper = Keeper(vault)
    sealed = await keeper.sealed_text("Joan met Otto", ["usr_1", "usr_2"])
    assert "Joan" not in json.dumps(sealed)
    assert await keeper.opened_text(sealed) == "Joan met Otto"
    await vault.forget(forgotten)
    assert await keeper.opened_text(sealed) is None


async def test_what_is_about_nobody_is_kept_as_it_is(vault: Vault) -> None:
    keeper = Keeper(vault)
    plain = Message("evt_2", "order.paid", "/webhooks", "event/evt_2", MESSAGE.time, "wks_1", {"n": 1.0})
    kept = await keeper.keep(plain, received_at="2026-01-01T00:00:00.000Z", endpoints=[])
    assert (kept["data"], kept["subjects"]) == ('{"n":1.0}', [])
    assert await keeper.opened(kept) is kept
    assert await keeper.opened_text(await keeper.sealed_text("text", [])) == "text"


async def test_an_event_that_comes_after_its_persons_erasure_is_kept_without_it(vault: Vault) -> None:
    keeper = Keeper(vault)
    await vault.forget("usr_1")
    kept = await keeper.keep(MESSAGE, received_at="2026-01-01T00:00:00.000Z", endpoints=[])
    assert "Joan" not in json.dumps(await keeper.opened(kept))
