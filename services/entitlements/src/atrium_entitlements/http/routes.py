"""Every route of accounts."""

from __future__ import annotations

from atrium_common.http.route import Route
from atrium_entitlements.application.engine import Engine
from atrium_entitlements.application.holders import Holders
from atrium_entitlements.http.asking_routes import asking_routes
from atrium_entitlements.http.giving_routes import giving_routes
from atrium_entitlements.http.using_routes import using_routes


def routes(engine: Engine, holders: Holders) -> list[Route]:
    """Questions, usage, provisioning and boosts; paths with a fixed word stand before those with an id."""
    return [
        *asking_routes(engine.asking, engine.giving, holders),
        *using_routes(engine.using, holders),
        *giving_routes(engine.giving, holders),
    ]
