"""Every route of webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from atrium_common.http.route import Route
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.event_types import EventTypes
from atrium_webhooks.application.explaining import Explaining
from atrium_webhooks.application.own_types import OwnTypes
from atrium_webhooks.application.publishing import Publishing
from atrium_webhooks.application.replays import Replays
from atrium_webhooks.http.deliveries import delivery_routes
from atrium_webhooks.http.endpoints import endpoint_routes
from atrium_webhooks.http.event_types import event_type_routes
from atrium_webhooks.http.events import event_routes
from atrium_webhooks.http.replays import replay_routes


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What the routes call."""

    endpoints: Endpoints
    deliveries: Deliveries
    replays: Replays
    explaining: Explaining
    publishing: Publishing
    types: EventTypes
    own_types: OwnTypes


def routes(webhooks: Webhooks) -> list[Route]:
    """What the service answers."""
    return [
        *endpoint_routes(webhooks.endpoints),
        *delivery_routes(webhooks.deliveries),
        *replay_routes(webhooks.replays, webhooks.explaining),
        *event_routes(webhooks.publishing),
        *event_type_routes(webhooks.types, webhooks.own_types),
    ]
