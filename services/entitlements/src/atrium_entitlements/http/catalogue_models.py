"""Bodies that the operator sends to the catalogue."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from atrium_common.http.body import Body
from atrium_entitlements.domain.catalogue import FeatureType, Reset

MOST = 2**53 - 1
_DAYS = 366


def _no_id(code: str) -> str:
    if code.startswith(("feat_", "pkg_")):
        raise ValueError("Must not begin like an id")
    return code


Code = Annotated[
    str,
    Field(
        max_length=255,
        pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*(\.[a-z0-9]+([_-][a-z0-9]+)*)*$",
        examples=["storage.images"],
    ),
    AfterValidator(_no_id),
]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Short = Annotated[str, Field(min_length=1, max_length=64)]
Reference = Annotated[str, Field(min_length=1, max_length=255)]
Tier = Literal["free", "pro", "business", "enterprise"]


class CreateFeature(Body):
    """A new feature; `parent` by code or id."""

    code: Code
    name: Name
    type: FeatureType
    reset: Reset = "none"
    rolling_window_days: Annotated[int, Field(ge=1, le=_DAYS)] | None = None
    parent: Reference | None = None
    unit: Short | None = None
    category: Short = "general"
    scale: Annotated[int, Field(ge=0, le=9)] = 0
    spill: bool = False
    rolls_over: bool = False


class UpdateFeature(Body):
    """What may change of a feature: code, type, reset and scale never do, for usage is counted by them."""

    name: Name = ""
    parent: Reference | None = None
    unit: Short | None = None
    category: Short = ""
    spill: bool = False
    rolls_over: bool = False


class IncludedFeature(Body):
    """A feature by code or id, and its limit: null is no limit; a boolean feature has none."""

    feature: Reference
    limit: Annotated[int, Field(ge=0, le=MOST)] | None = None


class CreatePackage(Body):
    """A new package. An add-on is stackable unless it is said not to be."""

    code: Code
    name: Name
    description: Annotated[str, Field(max_length=2000)] | None = None
    features: Annotated[list[IncludedFeature], Field(max_length=500)] = Field(default_factory=list)
    is_base: bool = False
    is_stackable: bool | None = None
    is_active: bool = True
    is_public: bool = True
    tier: Tier | None = None


class UpdatePackage(Body):
    """A new version of a package: what is given changes; `features` takes the place of the whole list."""

    name: Name = ""
    description: Annotated[str, Field(max_length=2000)] | None = None
    features: Annotated[list[IncludedFeature], Field(max_length=500)] = Field(default_factory=list)
    is_base: bool = False
    is_stackable: bool = False
    is_active: bool = True
    is_public: bool = True
    tier: Tier | None = None
