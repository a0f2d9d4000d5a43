"""The limits of tiers: gateways apply them, and tenancy holds keys against them."""

from __future__ import annotations

from atrium_gateway.settings import GatewaySettings
from atrium_tenancy.domain.tiers import LIMITS, TIERS


def test_tenancy_holds_keys_against_the_limits_that_gateways_apply() -> None:
    applied = {tier: GatewaySettings.model_fields[f"rate_limits_{tier}"].default for tier in TIERS}
    assert {tier: (limits.requests, limits.burst) for tier, limits in applied.items()} == dict(LIMITS)
