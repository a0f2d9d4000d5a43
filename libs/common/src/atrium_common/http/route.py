"""Routes: the one declaration from which routing, validation, scopes and OpenAPI are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, TypeVar

from pydantic import BaseModel

from atrium_common.errors import InsufficientScope, PreconditionFailed
from atrium_common.eventing.repository import Command, Joint
from atrium_common.http.body import Body, validated
from atrium_common.http.listing import Listing, ListQuery
from atrium_common.http.reply import Reply
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.store.commit import Meta

M = TypeVar("M", bound=Body)
BASE = "/api/v1"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a handler sees it: authenticated, parsed, in time.

    Attributes:
        params: the values in the path.
        content: the body's JSON object; `read` validates it.
        query: the query parameters; `listing` has them understood where the route lists.
        command_id: the command's identity, minted by the gateway, the same on a retry.
        if_match: the version that `If-Match` asks for.
        at: when the request came.
        public_base: scheme and host of the public API, for absolute links.
        joint: the commit that an atomic batch makes of all its operations.
    """

    principal: Principal
    params: Mapping[str, str]
    content: JSONObject
    query: Mapping[str, str]
    listing: ListQuery | None
    command_id: str
    request_id: str
    if_match: int | None
    at: datetime
    public_base: str
    traceparent: str = ""
    joint: Joint | None = None
    field_prefix: str = ""

    @property
    def asked(self) -> ListQuery:
        """The list request of a route that lists.

        Raises:
            LookupError: the route does not list.
        """
        if self.listing is None:
            raise LookupError("this route does not list")
        return self.listing

    def read(self, model: type[M]) -> M:
        """The body as this model.

        Raises:
            ValidationFailed: it is not one.
        """
        return validated(model, self.content, prefix=self.field_prefix)

    @property
    def command(self) -> Command:
        """The identity of what this request commands."""
        meta = Meta(self.principal.actor, self.request_id, "", self.traceparent)
        return Command(self.command_id, self.at, meta, self.joint)

    def check_version(self, version: int) -> None:
        """Return if the resource is at the version that the client expects, or it expects none.

        Raises:
            PreconditionFailed: it is at another.
        """
        if self.if_match is not None and self.if_match != version:
            raise PreconditionFailed(version)

    def require_scope(self, scope: str) -> None:
        """Return if the key allows it.

        Raises:
            InsufficientScope: it does not.
        """
        if not self.principal.allows(scope):
            raise InsufficientScope(scope, self.principal.scopes)

    def operation(self, number: int, *, params: Mapping[str, str], content: JSONObject, joint: Joint | None) -> Call:
        """The call of one operation of this batch."""
        return replace(
            self,
            params=params,
            content=content,
            command_id=f"{self.command_id}/{number}",
            if_match=None,
            joint=joint,
        )


Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of a service's API.

    Attributes:
        method, path: the path as a template, `/api/v1/workspaces/{workspace_id}`.
        handler: what answers.
        summary: one line for the document.
        scope: what the key must allow; empty for any key.
        body: the model of the request's body, for the document (the handler reads it).
        answer: the model of one resource in the answer, for the document.
        listing: what the list offers, where the route lists.
        status: the status of success.
        query: further query parameters, with their description.
        internal: for the gateway and other services only; not in the public document.
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
    query: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    bare: bool = False
