"""What is known of tenancy's namespaces, workspaces and users, and the holders that come of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from atrium_common.bus.ports import Message
from atrium_common.clock import SystemClock
from atrium_common.errors import NotFound, Unavailable
from atrium_common.http.client import ServiceClient
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.principal import Principal, PrincipalSigner
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.http import OPERATOR, ServiceUnderTest
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.domain.holder import Level
from atrium_entitlements.reactors.tenancy import FactsFollower, TenancyReader, facts_of, trimmed

TENANT = Principal(user_id="usr_1", key_id="key_1", workspace_id="wks_1", scopes=("*",), permissions=("*",))
WORKSPACE = {"id": "wks_1", "version": 3, "tier": "pro", "status": "active", "timezone": "Europe/London"}
NAMESPACE: dict[str, Any] = {
    "id": "ns_1",
    "version": 1,
    "owner_type": "Workspace",
    "owner_id": "wks_1",
    "workspace_id": "wks_1",
    "billing_workspace_id": "wks_1",
    "owner_tier": "pro",
    "deleted": False,
    "workspace": WORKSPACE,
    "user": None,
}


class Tenancy:
    """Answers as tenancy would, from what the test says; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.namespaces: dict[str, Any] = {}
        self.workspaces: dict[str, Any] = {}
        self.past: dict[str, Any] = {}
        self.asked: list[Any] = []

    def routes(self) -> list[Route]:
        async def resolve(call: Call) -> Reply:
            self.asked.append(call.content)
            if "as_of" in call.content:
                return Reply.bare({"position": 1, "namespaces": {}, "workspaces": {}, **self.past})
            return Reply.bare({"position": 1, "namespaces": self.namespaces, "workspaces": self.workspaces})

        return [Route("POST", "/internal/holders/resolve", resolve, "Resolve holders", internal=True)]


@pytest.fixture
async def tenancy() -> AsyncIterator[tuple[Tenancy, ServiceClient, ServiceUnderTest]]:
    answering = Tenancy()
    async with ServiceUnderTest(answering.routes()) as served:
        signer = PrincipalSigner("gateway1", Ed25519PrivateKey.generate())
        client = ServiceClient(served.base, service="entitlements", signer=served.signer, clock=SystemClock())
        assert signer is not None
        yield answering, client, served
        await client.close()


def event(kind: str, id: str, version: int, **attributes: Any) -> Message:
    return Message(
        id=f"evt_{id}_{version}",
        type=kind,
        source="/tenancy",
        subject=f"{kind.partition('.')[0]}/{id}",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        key=id,
        data={"object": {"id": id, "type": kind.partition(".")[0], "attributes": {"id": id, **attributes}}},
        sequence=version,
    )


def with_facts(*, namespace: Any = None, workspace: Any = None, principal: Principal = TENANT) -> Principal:
    told = {"namespace": namespace, "workspace": workspace}
    return replace(principal, facts={kind: facts for kind, facts in told.items() if facts is not None})


class NoCascades:
    async def handle(self, message: Message) -> None:
        """Tested by themselves."""


def reader(known: KnownFacts) -> TenancyReader:
    return TenancyReader(known, NoCascades())  # type: ignore[arg-type]


async def store() -> MemoryStore:
    made = MemoryStore()
    await made.open([FACTS])
    return made


async def test_facts_of_the_gateway_make_the_holder_without_asking_anybody(tenancy: Any) -> None:
    answering, client, _ = tenancy
    holders = KnownHolders(KnownFacts((await store()).documents, client))
    holder = await holders.of(with_facts(namespace=NAMESPACE), namespace_id="ns_1")
    assert holder.levels == (Level("namespace", "ns_1"), Level("workspace", "wks_1"), Level("tier", "wks_1", "pro"))
    assert (holder.zone, holder.workspace_id, holder.namespace_id) == ("Europe/London", "wks_1", "ns_1")
    own = await holders.of(with_facts(workspace=WORKSPACE))
    assert own.levels == (Level("workspace", "wks_1"), Level("tier", "wks_1", "pro"))
    assert answering.asked == []


async def test_the_newer_of_facts_and_projection_wins(tenancy: Any) -> None:
    _, client, _ = tenancy
    known = KnownFacts((await store()).documents, client)
    holders = KnownHolders(known)
    follower = FactsFollower(known, None)  # type: ignore[arg-type]
    await holders.of(with_facts(workspace=WORKSPACE))
    follower.take([event("workspace.updated", "wks_1", 4, tier="business", status="active", settings={})])
    assert (await holders.of(with_facts(workspace=WORKSPACE))).tier == "business"
    newer = {**WORKSPACE, "version": 5, "tier": "free"}
    assert (await holders.of(with_facts(workspace=newer))).tier == "free"
    follower.take([event("workspace.updated", "wks_1", 4, tier="business", status="active", settings={})])
    assert (await holders.of(with_facts(workspace=WORKSPACE))).tier == "free"


async def test_a_holder_named_in_the_body_is_asked_of_tenancy_so_that_a_new_one_works_at_once(tenancy: Any) -> None:
    answering, client, _ = tenancy
    holders = KnownHolders(KnownFacts((await store()).documents, client))
    with pytest.raises(NotFound):
        await holders.of(OPERATOR, namespace_id="ns_1")
    answering.namespaces["ns_1"] = NAMESPACE
    assert (await holders.of(OPERATOR, namespace_id="ns_1")).tier == "pro"
    answering.namespaces["ns_1"] = {**NAMESPACE, "version": 2, "deleted": True}
    with pytest.raises(NotFound):
        await holders.of(OPERATOR, namespace_id="ns_1")


async def test_a_holder_of_the_past_is_what_tenancy_says_it_was_and_nothing_of_it_is_remembered(tenancy: Any) -> None:
    answering, client, _ = tenancy
    holders = KnownHolders(KnownFacts((await store()).documents, client))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    now = await holders.of(with_facts(namespace=NAMESPACE), namespace_id="ns_1")
    assert await holders.then(now, None) is now
    earlier = {**WORKSPACE, "version": 1, "tier": "free", "timezone": None}
    answering.past = {"namespaces": {"ns_1": {**NAMESPACE, "owner_tier": "free", "workspace": earlier}}}
    then = await holders.then(now, moment)
    assert (then.tier, then.zone, then.levels[-1]) == ("free", "UTC", Level("tier", "wks_1", "free"))
    assert (await holders.of(with_facts(namespace=NAMESPACE), namespace_id="ns_1")) == now
    own = await holders.of(with_facts(workspace=WORKSPACE))
    answering.past = {"workspaces": {"wks_1": earlier}}
    assert (await holders.then(own, moment)).tier == "free"
    # Before it came to be, nothing was granted to it.
    answering.past = {}
    assert (await holders.then(own, moment)).levels == (Level("workspace", "wks_1"),)


async def test_what_is_known_must_do_while_tenancy_is_down_and_the_unknown_is_no_404(tenancy: Any) -> None:
    _, client, served = tenancy
    kept = await store()
    projection = reader(KnownFacts(kept.documents, client))
    await projection.handle(event("workspace.created", "wks_1", 1, tier="pro", status="active", settings={}))
    await projection.handle(
        event("namespace.created", "ns_1", 1, owner_type="Workspace", owner_id="wks_1", workspace_id="wks_1")
    )
    await served.__aexit__(None, None, None)
    holders = KnownHolders(KnownFacts(kept.documents, client))
    assert (await holders.of(OPERATOR, namespace_id="ns_1")).tier == "pro"
    with pytest.raises(Unavailable):
        await holders.of(OPERATOR, namespace_id="ns_2")


async def test_a_foreign_holder_looks_missing(tenancy: Any) -> None:
    answering, client, _ = tenancy
    holders = KnownHolders(KnownFacts((await store()).documents, client))
    foreign = {**NAMESPACE, "owner_id": "wks_2", "workspace": {**WORKSPACE, "id": "wks_2"}}
    personal = {
        **NAMESPACE, "owner_type": "User", "owner_id": "usr_1", "workspace_id": None, "billing_workspace_id": None,
        "workspace": None, "user": {"id": "usr_1", "version": 1, "tier": "business"},
    }  # fmt: skip
    with pytest.raises(NotFound):
        await holders.of(with_facts(namespace=foreign), namespace_id="ns_1")
    answering.workspaces["wks_2"] = {**WORKSPACE, "id": "wks_2"}
    with pytest.raises(NotFound):
        await holders.of(TENANT, workspace_id="wks_2")
    own = KnownHolders(KnownFacts((await store()).documents, client))
    holder = await own.of(with_facts(namespace=personal), namespace_id="ns_1")
    assert holder.levels == (Level("namespace", "ns_1"), Level("tier", "usr_1", "business"))
    bound = replace(with_facts(namespace=personal), bound=True)
    with pytest.raises(NotFound):
        await own.of(bound, namespace_id="ns_1")


async def test_who_leaves_a_workspace_has_its_own_namespaces_paid_by_it_no_longer(tenancy: Any) -> None:
    answering, client, _ = tenancy
    known = KnownFacts((await store()).documents, client)
    holders = KnownHolders(known)
    follower = FactsFollower(known, None)  # type: ignore[arg-type]
    personal = {
        **NAMESPACE, "owner_type": "User", "owner_id": "usr_1", "workspace_id": None,
        "user": {"id": "usr_1", "version": 1, "tier": "free"},
    }  # fmt: skip
    later = {**personal, "billing_workspace_id": None, "workspace": None}
    paid = await holders.of(with_facts(namespace=personal), namespace_id="ns_1")
    assert paid.workspace_id == "wks_1"
    # Told by the gateway, the namespace itself being as it was.
    assert (await holders.of(with_facts(namespace=later), namespace_id="ns_1")).workspace_id is None
    # Or told by the stream, so that it is asked for again where nobody sends facts along.
    await holders.of(with_facts(namespace=personal), namespace_id="ns_1")
    answering.namespaces["ns_1"] = later
    follower.take([event("member.removed", "usr_1", 2, user_id="usr_1", workspace_id="wks_1")])
    quiet = await holders.known(namespace_id="ns_1", workspace_id="wks_1", livemode=True)
    assert quiet is not None
    assert quiet.workspace_id is None


async def test_a_deleted_workspace_takes_its_namespaces_along_and_a_restored_one_brings_them_back(tenancy: Any) -> None:
    answering, client, _ = tenancy
    known = KnownFacts((await store()).documents, client)
    holders = KnownHolders(known)
    follower = FactsFollower(known, None)  # type: ignore[arg-type]
    principal = with_facts(namespace=NAMESPACE, principal=OPERATOR)
    await holders.of(principal, namespace_id="ns_1")
    follower.take([event("workspace.deleted", "wks_1", 4, tier="pro", settings={})])
    with pytest.raises(NotFound):
        await holders.of(principal, namespace_id="ns_1")
    follower.take([event("workspace.restored", "wks_1", 5, tier="pro", status="active", settings={})])
    assert (await holders.of(principal, namespace_id="ns_1")).tier == "pro"
    assert answering.asked == []


async def test_events_in_any_order_and_repeated_leave_the_newest_facts(tenancy: Any) -> None:
    _, client, _ = tenancy
    kept = await store()
    projection = reader(KnownFacts(kept.documents, client))
    events = [
        event("workspace.created", "wks_1", 1, tier="free", status="active", settings={}),
        event("workspace.updated", "wks_1", 3, tier="business", status="active", settings={"timezone": "Asia/Tokyo"}),
        event("workspace.updated", "wks_1", 2, tier="pro", status="active", settings={}),
        event("workspace.created", "wks_1", 1, tier="free", status="active", settings={}),
    ]
    for each in events:
        await projection.handle(each)
    found = await kept.documents.get(FACTS.name, "wks_1")
    assert found is not None
    assert (found.version, found.body["tier"], found.body["zone"]) == (3, "business", "Asia/Tokyo")


async def test_nothing_personal_is_kept_of_a_user() -> None:
    heard = event("user.created", "usr_1", 1, name="Jane Doe", email="jane@example.com", tier="pro")
    told = facts_of(heard)
    assert told is not None
    assert "jane" not in repr(told).lower()
    assert "jane" not in repr(trimmed(heard)).lower()
    assert facts_of(trimmed(heard)) == told
    message = event("workspace.created", "wks_1", 1, tier="pro", status="active", settings={})
    assert trimmed(message) == message
    gone = facts_of(event("user.deleted", "usr_1", 2))
    assert gone is not None
    assert gone.deleted
    assert facts_of(event("member.added", "usr_1", 1)) is None
