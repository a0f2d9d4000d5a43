"""Tiers, from the least to the most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Tier: TypeAlias = Literal["free", "pro", "business", "enterprise"]
TIERS: tuple[Tier, ...] = get_args(Tier)
LIMITS: Mapping[Tier, tuple[int, int]] = {
    "free": (1_000, 50),
    "pro": (10_000, 200),
    "business": (50_000, 500),
    "enterprise": (1_000_000, 5_000),
}
"""Requests an hour and burst of a key without a limit of its own (spec/http-api.md, "Rate limits")."""


def is_above(tier: Tier, other: Tier) -> bool:
    """Whether `tier` is more than `other`."""
    return TIERS.index(tier) > TIERS.index(other)


def tier_of(text: str) -> Tier:
    """The tier of this name; an unknown one counts as the least."""
    return next((tier for tier in TIERS if tier == text), "free")


def lower(tier: Tier, other: Tier) -> Tier:
    """The lesser of two tiers."""
    return other if is_above(tier, other) else tier
