"""Bodies and query parameters that clients send about accounts, and answers that are no resources."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from atrium_common.clock import read_moment
from atrium_common.http import body
from atrium_common.http.body import Body, Parameters
from atrium_entitlements.domain.events import BoostDuration, BoostType
from atrium_entitlements.domain.usage import MOST

DAY_SECONDS = 86_400
_METADATA_BYTES = 16 * 1024
_YEARS = range(1970, 2200)


def _reasonable(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError(f"Must lie between {_YEARS[0]} and {_YEARS[-1]}")
    return moment


def _small(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(orjson.dumps(metadata)) > _METADATA_BYTES:
        raise ValueError("Must be at most 16 KiB")
    return metadata


def _not_zero(quantity: int) -> int:
    if quantity == 0:
        raise ValueError("Must not be 0")
    return quantity


def _asked_moment(text: object) -> object:
    """A moment in a query: a date is its beginning in UTC; a plus sign that was not escaped arrives as a space."""
    if not isinstance(text, str):
        return text
    try:
        return read_moment(text.replace(" ", "+"))
    except ValueError:
        raise ValueError("Must be an ISO 8601 date or time, like 2024-01-15T10:30:00Z") from None


Reference = Annotated[str, Field(min_length=1, max_length=255)]
Moment = Annotated[body.Moment, AfterValidator(_reasonable)]
AsOf = Annotated[AwareDatetime, BeforeValidator(_asked_moment), AfterValidator(_reasonable)]
Amount = Annotated[int, Field(ge=0, le=MOST)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_small)]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class Check(Body):
    """May the holder use so much more of a feature? `feature` by code or id."""

    feature: Reference
    quantity: Amount = 1


class AsOfQuery(Parameters):
    """`as_of`: answer for that moment of the past instead of now."""

    as_of: AsOf | None = None


class CheckQuery(AsOfQuery):
    """The same as query parameters."""

    feature: Reference
    quantity: Amount = 1


class FeatureQuery(AsOfQuery):
    """Which feature is meant, by code or id."""

    feature: Reference


class Use(Body):
    """So much is used, or, negative, given back; with `enforce` only where the limit allows it."""

    feature: Reference
    quantity: Annotated[int, Field(ge=-MOST, le=MOST), AfterValidator(_not_zero)] = 1
    metadata: Metadata | None = None
    enforce: bool = False
    occurred_at: Moment | None = None


class Reserve(Body):
    """So much is to be held, for at most 24 hours."""

    feature: Reference
    quantity: Annotated[int, Field(ge=1, le=MOST)] = 1
    ttl_seconds: Annotated[int, Field(ge=1, le=DAY_SECONDS)] = 300
    metadata: Metadata | None = None


class CommitReservation(Body):
    """What was used in the end; what was held where it is left out."""

    quantity: Amount | None = None


def _one_of_two(schema: dict[str, JsonValue]) -> None:
    """Say in the document that exactly one holder is to be named."""
    schema["oneOf"] = [
        {"properties": {named: {"type": "string"}, other: {"type": "null"}}, "required": [named]}
        for named, other in (("namespace_id", "workspace_id"), ("workspace_id", "namespace_id"))
    ]


class Provision(Body):
    """Give a namespace or a workspace a package, by code or id."""

    model_config = ConfigDict(json_schema_extra=_one_of_two)

    namespace_id: Reference | None = None
    workspace_id: Reference | None = None
    package: Reference
    starts_at: Moment | None = None
    expires_at: Moment | None = None
    billing_cycle_anchor: Moment | None = None
    trial_ends_at: Moment | None = None
    source: Text = "api"
    metadata: Metadata | None = None
    replace: bool = False


class Preview(Body):
    """A package that the holder, the context where none is named, might be given."""

    namespace_id: Reference | None = None
    workspace_id: Reference | None = None
    package: Reference
    starts_at: Moment | None = None
    expires_at: Moment | None = None
    billing_cycle_anchor: Moment | None = None
    trial_ends_at: Moment | None = None
    replace: bool = True


class Reason(Body):
    """Why, for those who look later."""

    reason: Text | None = None


class Renew(Body):
    """Until when it goes on; one more monthly cycle where it is left out, or for good where there is no end."""

    expires_at: Moment | None = None


class CreateBoost(Body):
    """Give a holder, the context where none is named, more of a feature, by code or id."""

    namespace_id: Reference | None = None
    workspace_id: Reference | None = None
    feature: Reference
    type: BoostType
    duration: BoostDuration | None = None
    quantity: Annotated[int, Field(ge=1, le=MOST)] | None = None
    expires_at: Moment | None = None
    source: Text = "api"


class Verdict(BaseModel):
    """The answer to a check."""

    allowed: bool
    reason: Literal["LIMIT_EXCEEDED", "FEATURE_NOT_INCLUDED", "PACKAGE_SUSPENDED", "FEATURE_UNKNOWN"] | None
    message: str
    current_usage: int
    limit: int | None
    available: int | None


class Recorded(BaseModel):
    """The answer to usage; `reason` and `message` only where nothing is recorded."""

    recorded: bool
    allowed: bool
    feature: str | None = None
    reason: str | None = None
    message: str | None = None
    current_usage: int
    limit: int | None
    available: int | None


class Reservation(BaseModel):
    """A reservation, or why there is none."""

    id: str | None = None
    reserved: bool | None = None
    recorded: bool | None = None
    allowed: bool | None = None
    feature: str | None = None
    quantity: int | None = None
    status: Literal["held", "committed", "released"] | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None
    reason: str | None = None
    message: str | None = None
    current_usage: int | None = None
    limit: int | None = None
    available: int | None = None


class ReservationState(BaseModel):
    """A reservation as it stands; `ended` where it holds nothing any more, and how it ended was too long ago to say."""

    id: str
    feature: str
    quantity: int
    status: Literal["held", "committed", "released", "expired", "ended"]
    expires_at: datetime
    created_at: datetime


class Figures(BaseModel):
    """How a holder stands with a feature."""

    used: int
    limit: int | None
    available: int | None
    overage: int
    percentage: float | None
    unit: str | None
    reset_at: datetime | None


class Summary(BaseModel):
    """All figures of a holder."""

    workspace_id: str | None
    namespace_id: str | None
    tier: str
    entitlements: dict[str, Figures]


class Change(BaseModel):
    """A feature's figures before and after; null where it is not included."""

    before: Figures | None
    after: Figures | None


class Previewed(BaseModel):
    """What a package would change."""

    workspace_id: str | None
    namespace_id: str | None
    package: str
    before: dict[str, Figures]
    after: dict[str, Figures]
    changes: dict[str, Change]
    events: list[str]


class Explanation(BaseModel):
    """Why a check answers as it does: the answering level, and every level with its packages, boosts and grants."""

    feature: str
    type: str
    unit: str | None
    level: Literal["namespace", "workspace", "tier"] | None
    allowed: bool
    reason: str | None
    message: str
    used: int
    limit: int | None
    available: int | None
    overage: int
    percentage: float | None
    reset_at: datetime | None
    as_of: datetime
    pools: list[str]
    levels: list[dict[str, JsonValue]]
