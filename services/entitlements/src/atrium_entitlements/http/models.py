"""Bodies that clients send to entitlements, and resources as they are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, JsonValue

from atrium_common.http.body import Body

_MOST = 2**53
Code = Annotated[str, Field(min_length=1, max_length=255)]


class Check(Body):
    """May the holder use so much more of a feature?"""

    feature: Code
    quantity: Annotated[int, Field(ge=0, le=_MOST)] = 1


class Use(Body):
    """So much is used, or given back; with `enforce` only where the limit allows it."""

    feature: Code
    quantity: Annotated[int, Field(ge=-_MOST, le=_MOST)] = 1
    metadata: dict[str, JsonValue] | None = None
    enforce: bool = False


class Provision(Body):
    """Give a namespace or a workspace a package."""

    namespace_id: str | None = None
    workspace_id: str | None = None
    package: Code
    source: Annotated[str, Field(min_length=1, max_length=255)] = "api"
    expires_at: AwareDatetime | None = None


class Verdict(BaseModel):
    """The answer to a check."""

    allowed: bool
    reason: str | None
    message: str
    current_usage: int
    limit: int | None
    available: int | None


class Recorded(BaseModel):
    """The answer to usage."""

    recorded: bool
    allowed: bool
    feature: str | None = None
    current_usage: int
    limit: int | None
    available: int | None


class Entitlement(BaseModel):
    """A package that a holder was given."""

    id: str
    holder_id: str
    package: str
    status: str
    source: str
    expires_at: datetime | None
    created_at: datetime


class Summary(BaseModel):
    """All figures of a holder."""

    workspace_id: str | None
    namespace_id: str | None
    tier: str
    entitlements: dict[str, dict[str, JsonValue]]
