"""Routes: the one declaration from which routing, validation, scopes and OpenAPI are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeAlias

from pydantic import BaseModel

from atrium_common.errors import AtriumError
from atrium_common.http.body import Parameters
from atrium_common.http.call import Call
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply

__all__ = ["BASE", "Call", "Deprecation", "Handler", "Route"]

BASE = "/api/v1"
NOTICE = timedelta(days=365)

Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A route's end: since when it is deprecated, when it goes, and the path that takes its place.

    Raises:
        ValueError: there are less than 12 months between the two (spec/http-api.md, "Versioning").
    """

    since: date
    sunset: date
    successor: str

    def __post_init__(self) -> None:
        if self.sunset - self.since < NOTICE:
            raise ValueError("a deprecated route stays for at least 12 months")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of a service's API.

    Attributes:
        method, path: the path as a template, `/api/v1/workspaces/{workspace_id}`.
        handler: what answers.
        summary: one line for the document.
        scope: what the key must allow; empty for any key.
        body: the model of the request's body, validated before the handler runs. A public route without one refuses
            bodies with fields.
        answer: the model of one resource in the answer, for the document.
        listing: what the list offers, where the route lists.
        status: the status of success.
        query: further query parameters: their names and descriptions, or the model that validates them.
        internal: for the gateway and other services only; not in the public document.
        bare: the answer has no `{"data": …}` around it, for the document.
        permission: what the caller's role or team in the workspace in context must allow; empty for nothing.
        single: on a `GET` of one resource, the listing whose `fields` and `includes` it takes.
        description: further text for the document.
        tags: the document's groups; by default the first part of the path.
        errors: what may be refused beyond the usual, for the document.
        otherwise: the models of one resource in other successful answers, by status, for the document.
        deprecated: set where the route will go.
        operations: of a batch, the routes of its actions, for the document.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    scope: str = ""
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    listing: Listing | None = None
    status: int = 200
    query: Mapping[str, str] | type[Parameters] = field(default_factory=dict)
    internal: bool = False
    bare: bool = False
    permission: str = ""
    single: Listing | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    errors: tuple[type[AtriumError], ...] = ()
    otherwise: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    deprecated: Deprecation | None = None
    operations: Mapping[str, Route] = field(default_factory=dict)

    @property
    def needs_body(self) -> bool:
        """Whether a request without a body says nothing: it would change nothing, or lack what must be there."""
        if self.body is None:
            return False
        return self.method in {"PATCH", "PUT"} or any(each.is_required() for each in self.body.model_fields.values())

    def parameters(self) -> frozenset[str]:
        """Every query parameter that the route takes, the list's own left aside."""
        if isinstance(self.query, Mapping):
            names = set(self.query)
        else:
            names = {declared.alias or name for name, declared in self.query.model_fields.items()}
        if self.single is not None:
            names |= {"fields", "include"} if self.single.includes else {"fields"}
        elif self.method == "GET":
            names |= {"fields"}
        return frozenset(names)
