"""Pages: which part of a list, cursors into it, and the `meta` and `links` that lead to the other parts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from atrium_common.jsontypes import JSONObject, Scalar
from atrium_common.store.documents import Document, Order


class BadCursor(ValueError):
    """The text is no cursor of a list in this order."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list was asked for, by number or behind a cursor.

    Attributes:
        number: from 1.
        url: the list's absolute address without its query.
        parameters: the query as given; links keep all of it but `page` and `cursor`.
    """

    number: int
    per_page: int
    by_cursor: bool
    url: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def skip(self) -> int:
        """How many resources stand on the pages before."""
        return 0 if self.by_cursor else (self.number - 1) * self.per_page

    def meta(self, total: int | None, count: int, cursor: str | None) -> JSONObject:
        """The envelope's `meta`; what only counting could tell is null behind a cursor."""
        first = None if total is None or not count else self.skip + 1
        return {
            "current_page": None if self.by_cursor else self.number,
            "per_page": self.per_page,
            "total": total,
            "last_page": None if total is None else self._last(total),
            "from": first,
            "to": None if first is None else first + count - 1,
            "next_cursor": cursor,
        }

    def links(self, total: int | None, cursor: str | None) -> JSONObject:
        """The envelope's `links`, null where there is none."""
        if self.by_cursor or total is None:
            following = None if cursor is None else self._link("cursor", cursor)
            return {"first": self._link("cursor", ""), "last": None, "prev": None, "next": following}
        last = self._last(total)
        return {
            "first": self._link("page", "1"),
            "last": self._link("page", str(last)),
            "prev": self._link("page", str(min(self.number - 1, last))) if self.number > 1 else None,
            "next": self._link("page", str(self.number + 1)) if self.number < last else None,
        }

    def _last(self, total: int) -> int:
        return max(1, -(-total // self.per_page))

    def _link(self, name: str, value: str) -> str:
        kept = [pair for pair in self.parameters if pair[0] not in {"page", "cursor"}]
        return f"{self.url}?{urlencode([*kept, (name, value)])}"


def cursor_after(last: Document, sort: Sequence[Order]) -> str:
    """The cursor of what stands behind this document in this order. It hides nothing and is no secret."""
    values = [last.key if order.field == "_key" else last.body.get(order.field) for order in (*sort, Order("_key"))]
    return base64.urlsafe_b64encode(orjson.dumps([_signature(sort), values])).decode().rstrip("=")


def read_cursor(text: str, sort: Sequence[Order]) -> tuple[Scalar, ...]:
    """The sort values and the key behind which the page begins.

    Raises:
        BadCursor: it is none, or one of another order.
    """
    try:
        signature, values = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        listed = isinstance(values, list) and len(values) == len(sort) + 1
        fits = listed and signature == _signature(sort) and isinstance(values[-1], str)
        scalar = all(value is None or isinstance(value, str | float) or _is_integer(value) for value in values)
    except (ValueError, TypeError):
        raise BadCursor(text) from None
    if not fits or not scalar:
        raise BadCursor(text)
    return tuple(values)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and -(2**63) <= value < 2**63


def _signature(sort: Sequence[Order]) -> str:
    return ",".join(f"{'-' if order.descending else ''}{order.field}" for order in sort)
