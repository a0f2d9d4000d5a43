"""Bodies that are long on their way: whom they hold up, and what still counts when they are here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from atrium_common import api_keys
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import PrincipalSigner, PrincipalVerifier
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.answering import Answering
from atrium_gateway.cors import Cors
from atrium_gateway.forwarding import Forwarding
from atrium_gateway.holder import Asked
from atrium_gateway.http1.message import ClientGone, Request, Response
from atrium_gateway.idempotency.replays import StoredReplays
from atrium_gateway.keys import KeyCache
from atrium_gateway.limits.addresses import GuessLimiter
from atrium_gateway.limits.limiter import LeasedLimiter
from atrium_gateway.metering.meter import UsageMeter
from atrium_gateway.outward import Outward
from atrium_gateway.peers import Peers
from atrium_gateway.ports import Allowance
from atrium_gateway.quota import Quota
from atrium_gateway.recognition import Recognition
from atrium_gateway.replicas import Replicas
from atrium_gateway.routing import Router
from atrium_gateway.server import Gateway, Steps
from atrium_gateway.stateful import COLLECTIONS
from atrium_gateway.upstream import Answer, Done, Forwarded
from atrium_gateway.used import LastUsed
from atrium_gateway.watching import Watching

PLACES = 10
SECONDS = 30.0
BURST = 4
PRIVATE = Ed25519PrivateKey.generate()
WRITE, READ, KEYLESS = ("POST", "/api/v1/webhooks"), ("GET", "/api/v1/webhooks"), ("POST", "/api/v1/invitations/accept")


@dataclass
class Service:
    """A service that answers everything at once, or refuses the principal."""

    clock: FakeClock
    public: Ed25519PublicKey
    got: list[tuple[Forwarded, float]] = field(default_factory=list)

    async def send(self, upstream: str, request: Forwarded, *, seconds: float) -> Answer:
        assert upstream
        sent = dict(line.split(b": ", 1) for line in request.lines.splitlines())
        verifier = PrincipalVerifier({"gateway1": self.public}, service=upstream)
        verifier.verify(sent[b"X-Principal"].decode(), now=self.clock.now().timestamp())
        self.got.append((request, seconds))
        return Answer(200, [], b"{}")

    def has_free(self, upstream: str) -> bool:
        return bool(upstream)

    def begin(self, upstream: str, request: Forwarded, *, seconds: float, done: Done) -> Callable[[], None]:
        raise AssertionError(upstream, request, seconds, done)

    async def close(self) -> None: ...


class Quiet:
    """A stream that is current, and on which nothing comes."""

    async def subscribe(self, *_: object, **__: object) -> Quiet:
        return self

    async def receive(self, **_: object) -> list[Any]:
        await asyncio.Event().wait()
        return []

    def current(self, *, within: float) -> bool:
        return within > 0

    async def close(self) -> None: ...


@dataclass
class Platform:
    """The gateway, and whom it asks; each of the `users` has a key that may do everything, until it is revoked."""

    clock: FakeClock
    service: Service
    gateway: Gateway
    users: list[str]
    revoked: set[str]
    forget: Callable[[str], None]
    replicas: Replicas

    async def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        await self.replicas.step()

    def begin(
        self, what: tuple[str, str], body: bytes | None = b"{}", *, user: int | None = 0, peer: str = "127.0.0.1"
    ) -> tuple[Request, asyncio.Task[Response]]:
        """Send a request; None: its body is on its way."""
        headers = {b"host": b"a", b"content-type": b"application/json"}
        if user is not None:
            headers[b"authorization"] = b"Bearer " + self.users[user].encode()
        request = Request(*what, headers, peer=peer)
        if body is not None:
            request.feed(body)
            request.finish()
        return request, asyncio.create_task(cast("Any", self.gateway.handle(request)))

    async def trickle(
        self, count: int, *, user: int | None = 0, peer: str = "127.0.0.1"
    ) -> list[tuple[Request, asyncio.Task[Response]]]:
        """So many writes whose bodies are on their way."""
        begun = [self.begin(KEYLESS if user is None else WRITE, None, user=user, peer=peer) for _ in range(count)]
        await settled()
        return begun


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def finished(begun: tuple[Request, asyncio.Task[Response]]) -> Response:
    """The answer to a write whose body comes to its end now."""
    request, answering = begun
    request.feed(b"{}")
    request.finish()
    return await answering


def code(response: Response) -> tuple[int, str]:
    return response.status, orjson.loads(response.body)["error"]["code"]


@asynccontextmanager
async def running() -> AsyncIterator[Platform]:
    clock = FakeClock()
    ids = TimeOrderedIds(clock=clock)
    store = MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS, *COLLECTIONS])
    replicas = Replicas(store, clock=clock, ids=ids, place="")
    await replicas.step()
    users = [api_keys.generate("live") for _ in range(5)]
    numbers = {api_keys.digest(key): number for number, key in enumerate(users)}
    revoked: set[str] = set()

    async def resolve(asked: Asked) -> JSONObject:
        number = numbers[asked.digest.hex()]
        return {
            "position": 1,
            "key": {
                "id": f"key_{number}",
                "workspace_id": "wks_1",
                "expires_at": "2026-01-01T00:00:00.000Z" if users[number] in revoked else None,
                "scopes": ["webhooks:write", "webhooks:read"],
            },
            "user": {"id": f"usr_{number}", "tier": "free"},
            "context": {"access": "ok", "workspace": {"id": "wks_1"}, "namespace": None},
        }

    async def nothing(_: object) -> JSONObject:
        return {}

    keys = KeyCache(resolve, clock=clock)
    service = Service(clock, PRIVATE.public_key())
    peers, cors = Peers(()), Cors(())
    used = LastUsed(nothing, clock=clock)
    forwarding = Forwarding(service, clock=clock, most_in_flight=PLACES)
    documents = store.documents
    vault = Vault(documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
    steps = Steps(
        router=Router(),
        peers=peers,
        cors=cors,
        keys=keys,
        used=used,
        recognition=Recognition(
            keys=keys,
            used=used,
            allowance_of=lambda holder: Allowance(holder.key_id, 1000, BURST, 0),
            addresses=GuessLimiter(60, clock=clock),
            peers=peers,
            forwarding=forwarding,
            clock=clock,
        ),
        limiter=LeasedLimiter(documents, replicas, clock=clock),
        replays=StoredReplays(documents, replicas, vault, clock=clock, ids=ids),
        quota=Quota(nothing, clock=clock),
        meter=UsageMeter(documents, cast("Any", None), replicas, clock=clock),
        outward=Outward(PrincipalSigner("gateway1", PRIVATE), peers, clock=clock),
        forwarding=forwarding,
        composers={},
        pages={},
        answering=Answering(cors, Watching(log_every=1000), clock=clock),
    )
    following = asyncio.create_task(keys.follow(cast("Any", Quiet())))
    await settled()
    gateway = Gateway(steps, clock=clock, ids=ids, seconds=SECONDS)
    yield Platform(clock, service, gateway, users, revoked, lambda tag: keys.forget([tag]), replicas)
    following.cancel()
    await store.close()


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with running() as made:
        yield made


async def test_bodies_on_their_way_take_no_place_from_requests_that_are_here(platform: Platform) -> None:
    begun = [each for user in range(4) for each in await platform.trickle(BURST, user=user)]
    refused = [answering for _, answering in begun if answering.done()]
    assert {code(await each) for each in refused} == {(503, "SERVICE_UNAVAILABLE")}
    assert len(begun) - len(refused) == PLACES, "there are as many places for bodies as for requests"
    for what in (READ, WRITE):
        assert (await platform.begin(what, user=4)[1]).status == 200
    for each in begun:
        if not each[1].done():
            assert (await finished(each)).status == 200


async def test_a_key_has_no_more_bodies_on_their_way_than_its_burst(platform: Platform) -> None:
    begun = await platform.trickle(BURST)
    await platform.later(60)
    [further] = await platform.trickle(1)
    refused = await further[1]
    assert code(refused) == (429, "CONCURRENT_LIMIT_EXCEEDED")
    assert (b"Retry-After", b"1") in refused.fields
    assert b"X-RateLimit-Remaining" in refused.lines
    for what in (READ, WRITE):
        assert (await platform.begin(what)[1]).status == 200, "what is here already is no matter of bodies"
    [other] = await platform.trickle(1, user=1)
    assert (await finished(other)).status == 200
    assert (await finished(begun[0])).status == 200
    await platform.later(1)
    [next_one] = await platform.trickle(1)
    assert (await finished(next_one)).status == 200


async def test_who_comes_without_a_key_has_few_bodies_on_their_way(platform: Platform) -> None:
    begun = await platform.trickle(PLACES // 2, user=None, peer="2001:db8::1")
    assert not any(answering.done() for _, answering in begun)
    [further] = await platform.trickle(1, user=None, peer="2001:db8::2")
    assert code(await further[1]) == (429, "CONCURRENT_LIMIT_EXCEEDED"), "the same network"
    [other] = await platform.trickle(1, user=None, peer="10.0.0.1")
    assert (await finished(other)).status == 200


async def test_a_body_that_is_long_on_its_way_leaves_all_the_time_to_its_service(platform: Platform) -> None:
    [begun] = await platform.trickle(1)
    await platform.later(SECONDS + 20)
    assert (await finished(begun)).status == 200
    [(request, seconds)] = platform.service.got
    assert seconds == SECONDS
    assert b"X-Deadline-Ms: %d" % (SECONDS * 1000) in request.lines


async def test_a_principal_is_fresh_when_the_body_is_here(platform: Platform) -> None:
    assert (await platform.begin(WRITE)[1]).status == 200
    await platform.later(19)
    [begun] = await platform.trickle(1)
    await platform.later(18)
    # Refused by the service, where it were past.
    assert (await finished(begun)).status == 200


async def test_a_key_that_ends_while_the_body_is_on_its_way_changes_nothing(platform: Platform) -> None:
    [begun] = await platform.trickle(1)
    platform.revoked.add(platform.users[0])
    platform.forget("key/key_0")
    assert code(await finished(begun)) == (401, "API_KEY_EXPIRED")
    assert not platform.service.got


async def test_a_client_that_hangs_up_gives_its_place_among_the_bodies_back(platform: Platform) -> None:
    for request, answering in await platform.trickle(BURST):
        request.fail(ClientGone())
        await answering
    await platform.later(60)
    assert not any(answering.done() for _, answering in await platform.trickle(BURST))
