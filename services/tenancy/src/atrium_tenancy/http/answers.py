"""What the routes of every resource have in common."""

from __future__ import annotations

from atrium_common.errors import ValidationFailed
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Document
from atrium_tenancy import rows


def created(call: Call, path: str, attributes: JSONObject, version: int) -> Reply:
    """A new resource, and where it is below the API's base."""
    return Reply.created(attributes, location=f"{call.public_base}{BASE}/{path}", version=version)


def shown(document: Document) -> JSONObject:
    """A row as clients see it."""
    return rows.shown(document.body)


def refuse_nulls(call: Call, *names: str) -> None:
    """Return if none of these fields was sent as null.

    Raises:
        ValidationFailed: naming those that were.
    """
    nulls = {name: ["May be left out, but not null."] for name in names if call.content.get(name, "") is None}
    if nulls:
        raise ValidationFailed(nulls)
