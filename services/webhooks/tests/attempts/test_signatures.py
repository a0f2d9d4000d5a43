"""Deliveries as the published libraries verify them (spec/webhooks.md, "Headers of a delivery")."""

import base64
import datetime as dt

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from services.webhooks.tests.attempts.outcome import outcome
from tests.engine import SECRET, Running
from tests.hostile import Hostile, answer, eventually


async def test_deliveries_are_verified_by_the_published_libraries(running: Running, receiver: Hostile) -> None:
    await outcome(running, receiver, answer())
    (arrival,) = receiver.arrivals
    assert Webhook(SECRET).verify(arrival.body.decode(), dict(arrival.headers))["id"] == arrival.event_id
    SvixWebhook(SECRET).verify(arrival.body, dict(arrival.headers))


async def test_during_a_rotation_every_live_secret_signs_the_standard_way_and_the_new_one_alone_the_references(
    running: Running, receiver: Hostile
) -> None:
    endpoint = await running.endpoint(receiver.url())
    fresh = new_credentials(endpoint, secret="a plain text secret", randomness=bytes)
    grace = dt.timedelta(hours=1)
    await running.decide(endpoint, lambda state: domain.rotate(state, fresh, grace=grace, at=dt.datetime.now(dt.UTC)))
    await eventually(lambda: bool(running.engine.directory.endpoints[endpoint].previous))
    await running.events(1)
    (arrival,) = await receiver.until(1)
    assert arrival.headers["webhook-signature"].count("v1,") == 2
    Webhook(SECRET).verify(arrival.body.decode(), dict(arrival.headers))
    Webhook(b"a plain text secret").verify(arrival.body.decode(), dict(arrival.headers))


async def test_an_endpoint_may_choose_ed25519_signatures(running: Running, receiver: Hostile) -> None:
    endpoint = await running.endpoint(receiver.url(), signatures=("v1", "v1a"))
    await running.events(1)
    (arrival,) = await receiver.until(1)
    public = (await running.state(endpoint)).credentials.public_key
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    shared, own = arrival.headers["webhook-signature"].split(" ")
    signed = f"{arrival.event_id}.{arrival.headers['webhook-timestamp']}.".encode() + arrival.body
    key.verify(base64.b64decode(own.removeprefix("v1a,")), signed)
    assert shared.startswith("v1,")
    Webhook(SECRET).verify(arrival.body.decode(), dict(arrival.headers))
