"""Every route of webhooks."""

from __future__ import annotations

from atrium_common.http.route import Route
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.event_types import EventTypes
from atrium_webhooks.application.publishing import Publishing
from atrium_webhooks.http.deliveries import delivery_routes
from atrium_webhooks.http.endpoints import endpoint_routes
from atrium_webhooks.http.events import event_routes


def routes(endpoints: Endpoints, deliveries: Deliveries, publishing: Publishing, types: EventTypes) -> list[Route]:
    """What the service answers."""
    return [*endpoint_routes(endpoints), *delivery_routes(deliveries), *event_routes(publishing, types)]
