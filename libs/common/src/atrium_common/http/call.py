"""A request as a handler sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from atrium_common.errors import InsufficientPermissions, InsufficientScope, PreconditionFailed
from atrium_common.eventing.transaction import Command, Joint
from atrium_common.http.body import Body, Parameters, validated, validated_parameters
from atrium_common.http.listing import CONTEXT, ListQuery
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.store.commit import Meta

M = TypeVar("M", bound=Body)
P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a handler sees it: authenticated, parsed, in time.

    Attributes:
        params: the values in the path.
        content: the body's JSON object; `read` gives it as the route's model.
        query: the query parameters; `asked` has them understood where the route lists.
        command_id: the command's identity, minted by the gateway, the same on a retry.
        if_match: the versions that `If-Match` allows; None: any.
        at: when the request came.
        public_base: scheme and host of the public API, for absolute links.
        traceparent: the trace it belongs to (W3C Trace Context), or empty.
        deadline: when the kit gives the request up, on the kit's monotonic clock, in seconds.
        joint: the commit that an atomic batch makes of all its operations.
        parsed: the body as the route's model, where the kit has read it already.
        outrun: whether an atomic batch is decided anew because somebody else was given a name that it had chosen.
    """

    principal: Principal
    params: Mapping[str, str]
    content: JSONObject
    query: Mapping[str, str]
    listing: ListQuery | None
    command_id: str
    request_id: str
    if_match: frozenset[int] | None
    at: datetime
    public_base: str
    traceparent: str = ""
    deadline: float = float("inf")
    joint: Joint | None = None
    parsed: Body | None = None
    outrun: bool = False

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
        if type(self.parsed) is model:
            return self.parsed
        return validated(model, self.content)

    def read_query(self, model: type[P]) -> P:
        """The query parameters as this model; those that name the context are left out unless it has them.

        Raises:
            ValidationFailed: they are not.
        """
        return validated_parameters(model, further(self.query, model))

    @property
    def command(self) -> Command:
        """The identity of what this request commands."""
        meta = Meta(self.principal.actor, self.request_id, "", self.traceparent)
        return Command(self.command_id, self.at, meta, self.joint)

    def check_version(self, version: int) -> None:
        """Return if the resource is at a version that the client expects, or it expects none.

        Raises:
            PreconditionFailed: it is at another.
        """
        if self.if_match is not None and version not in self.if_match:
            raise PreconditionFailed(version)

    def require_scope(self, scope: str) -> None:
        """Return if the key allows it.

        Raises:
            InsufficientScope: it does not.
        """
        if not self.principal.allows(scope):
            raise InsufficientScope(scope, self.principal.scopes)

    def require_permission(self, permission: str) -> None:
        """Return if the caller's role or team in the workspace in context allows it.

        Raises:
            InsufficientPermissions: neither does.
        """
        if not self.principal.permits(permission):
            raise InsufficientPermissions(permission)

    def operation(self, number: int, *, params: Mapping[str, str], content: JSONObject, joint: Joint | None) -> Call:
        """The call of one operation of this batch."""
        return replace(
            self,
            params=params,
            content=content,
            command_id=f"{self.command_id}/{number}",
            if_match=None,
            joint=joint,
            parsed=None,
        )


def further(query: Mapping[str, str], model: type[Parameters]) -> dict[str, str]:
    """The parameters that are the model's to judge: all but those that every route knows."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    return {name: text for name, text in query.items() if name in names or name not in {"fields", "include", *CONTEXT}}
