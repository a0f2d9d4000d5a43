"""Lists: what a client may ask of one, and the page that answers (spec/http-api.md, "Pagination" to "Includes")."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias
from urllib.parse import urlencode

import orjson

from atrium_common.clock import rfc3339
from atrium_common.errors import ValidationFailed
from atrium_common.http.reply import Reply, with_fields
from atrium_common.jsontypes import JSON, JSONObject, Scalar
from atrium_common.store.documents import Condition, Document, Operator, Order, Query
from atrium_common.store.ports import Documents

DEFAULT_PER_PAGE = 15
MAX_PER_PAGE = 100
WORDS = "words"
CONTEXT = frozenset({"workspace_id", "namespace_id"})

_TIMES: Mapping[str, tuple[str, Operator]] = {
    "created_after": ("created_at", "gt"),
    "created_before": ("created_at", "lt"),
    "updated_after": ("updated_at", "gt"),
    "updated_before": ("updated_at", "lt"),
}
_WORD = re.compile(r"[^\W_]+")
Kind: TypeAlias = Literal["text", "boolean"] | tuple[str, ...]
Include: TypeAlias = Callable[[Sequence[JSONObject]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list offers.

    Attributes:
        fields: the fields of its resources, for `fields=`.
        sortable: fields that `sort=` knows; each must be indexed as a document's field.
        filters: own filters by document field: free text, boolean, or the allowed values.
        times: whether `created_*` and `updated_*` bounds apply.
        searchable: whether the documents carry `words`.
        includes: related resources by name; each adds its own to a page of resources in a bounded number of queries.
    """

    fields: tuple[str, ...]
    sortable: tuple[str, ...] = ("created_at",)
    filters: Mapping[str, Kind] = field(default_factory=dict)
    times: bool = True
    searchable: bool = False
    includes: Mapping[str, Include] = field(default_factory=dict)

    def parameters(self) -> frozenset[str]:
        """Every query parameter that the list takes."""
        names = {"page", "per_page", "cursor", "sort", "fields", *CONTEXT, *self.filters}
        names |= set(_TIMES) if self.times else set()
        names |= {"search"} if self.searchable else set()
        names |= {"include"} if self.includes else set()
        return frozenset(names)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list request, understood."""

    listing: Listing
    page: int
    per_page: int
    after: tuple[Scalar, ...] | None
    sort: tuple[Order, ...]
    where: tuple[Condition, ...]
    fields: tuple[str, ...]
    include: tuple[str, ...]
    by_cursor: bool
    url: str
    parameters: tuple[tuple[str, str], ...]

    async def reply(
        self,
        documents: Documents,
        collection: str,
        *,
        where: Sequence[Condition],
        render: Callable[[Document], JSONObject],
    ) -> Reply:
        """The page of the collection's documents that fulfil `where` and what the client asked for."""
        conditions = (*where, *self.where)
        skip = 0 if self.by_cursor else (self.page - 1) * self.per_page
        # One more than the page shows whether there is a next one.
        query = Query(conditions, self.sort, self.after, skip, self.per_page + 1)
        found = list(await documents.query(collection, query))
        more, found = len(found) > self.per_page, found[: self.per_page]
        resources = [render(document) for document in found]
        for name in self.include:
            await self.listing.includes[name](resources)
        if self.fields:
            known = (*self.listing.fields, *self.include)
            resources = [with_fields(resource, (*self.fields, *self.include), known) for resource in resources]
        total = None if self.by_cursor else await documents.count(collection, conditions)
        cursor = self._cursor(found[-1]) if more else None
        data: list[JSON] = list(resources)
        return Reply(
            200, {"data": data, "meta": self._meta(total, len(data), cursor), "links": self._links(total, cursor)}
        )

    def _cursor(self, last: Document) -> str:
        values = [
            last.key if order.field == "_key" else last.body.get(order.field) for order in (*self.sort, Order("_key"))
        ]
        signature = [f"{'-' if order.descending else ''}{order.field}" for order in self.sort]
        return base64.urlsafe_b64encode(orjson.dumps([signature, values])).decode().rstrip("=")

    def _meta(self, total: int | None, count: int, cursor: str | None) -> JSONObject:
        first = None if total is None or not count else (self.page - 1) * self.per_page + 1
        return {
            "current_page": None if self.by_cursor else self.page,
            "per_page": self.per_page,
            "total": total,
            "last_page": None if total is None else _last_page(total, self.per_page),
            "from": first,
            "to": None if first is None else first + count - 1,
            "next_cursor": cursor,
        }

    def _links(self, total: int | None, cursor: str | None) -> JSONObject:
        if self.by_cursor or total is None:
            following = None if cursor is None else self._link("cursor", cursor)
            return {"first": self._link("cursor", None), "last": None, "prev": None, "next": following}
        last = _last_page(total, self.per_page)
        return {
            "first": self._link("page", "1"),
            "last": self._link("page", str(last)),
            "prev": self._link("page", str(min(self.page - 1, last))) if self.page > 1 else None,
            "next": self._link("page", str(self.page + 1)) if self.page < last else None,
        }

    def _link(self, name: str, value: str | None) -> str:
        kept = [pair for pair in self.parameters if pair[0] not in {"page", "cursor"}]
        if value is not None:
            kept.append((name, value))
        return f"{self.url}?{urlencode(kept)}" if kept else self.url


def parse_list_query(listing: Listing, parameters: Sequence[tuple[str, str]], *, url: str) -> ListQuery:
    """A list request from its query parameters.

    Raises:
        ValidationFailed: with everything that is wrong, by parameter.
    """
    return _Parser(listing, parameters, url).parse()


def check_known(parameters: Sequence[tuple[str, str]], allowed: frozenset[str]) -> None:
    """Return if every parameter is an allowed one and given once.

    Raises:
        ValidationFailed: one is not; the allowed ones are named.
    """
    faults: dict[str, list[str]] = {}
    seen: set[str] = set()
    for name, _ in parameters:
        if name not in allowed:
            faults[name] = [f"Unknown parameter. Allowed: {', '.join(sorted(allowed))}."]
        elif name in seen:
            faults[name] = ["Given more than once."]
        seen.add(name)
    if faults:
        raise ValidationFailed(faults)


def words(*texts: str | None) -> list[JSON]:
    """The search words of these texts, for a document's `words`: without case and accents, each once."""
    found: dict[str, None] = {}
    for text in texts:
        for word in _WORD.findall(_folded(text or "")):
            found[word] = None
    return list(found)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _last_page(total: int, per_page: int) -> int:
    return max(1, -(-total // per_page))


class _Parser:
    """Collects every fault before it refuses."""

    def __init__(self, listing: Listing, parameters: Sequence[tuple[str, str]], url: str) -> None:
        self._listing = listing
        self._parameters = tuple(parameters)
        self._values = dict(parameters)
        self._url = url
        self._faults: dict[str, list[str]] = {}

    def parse(self) -> ListQuery:
        """The understood request."""
        check_known(self._parameters, self._listing.parameters())
        by_cursor = "cursor" in self._values
        if by_cursor and "page" in self._values:
            self._fault("cursor", "Give page or cursor, not both.")
        page = self._integer("page", 1, None)
        per_page = self._integer("per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE)
        sort = self._sort()
        query = ListQuery(
            listing=self._listing,
            page=page,
            per_page=per_page,
            after=self._after(sort) if by_cursor and self._values["cursor"] else None,
            sort=sort,
            where=(*self._filters(), *self._times(), *self._search()),
            fields=self._names("fields", self._listing.fields),
            include=self._names("include", tuple(self._listing.includes)),
            by_cursor=by_cursor,
            url=self._url,
            parameters=self._parameters,
        )
        if self._faults:
            raise ValidationFailed(self._faults)
        return query

    def _fault(self, name: str, message: str) -> None:
        self._faults.setdefault(name, []).append(message)

    def _integer(self, name: str, default: int, most: int | None) -> int:
        text = self._values.get(name)
        if text is None:
            return default
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004
        if value < 1 or (most is not None and value > most):
            self._fault(name, f"Must be a whole number from 1{f' to {most}' if most else ''}.")
            return default
        return value

    def _names(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        text = self._values.get(name)
        if text is None:
            return ()
        names = tuple(part.strip() for part in text.split(","))
        unknown = [part for part in names if part not in allowed]
        if unknown:
            self._fault(name, f"Unknown: {', '.join(unknown)}. Allowed: {', '.join(sorted(allowed))}.")
        return names

    def _sort(self) -> tuple[Order, ...]:
        text = self._values.get("sort", "-created_at" if "created_at" in self._listing.sortable else "")
        if not text and "sort" not in self._values:
            return ()
        orders = []
        for part in text.split(","):
            name = part.strip().removeprefix("-")
            if name == "id":
                name = "_key"
            elif name not in self._listing.sortable:
                allowed = ", ".join(sorted({"id", *self._listing.sortable}))
                self._fault(
                    "sort", f"Unknown: {name or 'nothing'}. Allowed: {allowed}, each with - in front for descending."
                )
                continue
            orders.append(Order(name, part.strip().startswith("-")))
        return tuple(orders)

    def _after(self, sort: tuple[Order, ...]) -> tuple[Scalar, ...] | None:
        text = self._values["cursor"]
        try:
            signature, values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            fits = signature == [f"{'-' if order.descending else ''}{order.field}" for order in sort]
            scalars = all(value is None or isinstance(value, str | int | float) for value in values)
        except (ValueError, TypeError):
            fits, scalars, values = False, False, []
        if not fits or not scalars or len(values) != len(sort) + 1 or not isinstance(values[-1], str):
            self._fault("cursor", "Not a cursor of this list in this order: start again without one.")
            return None
        return tuple(values)

    def _filters(self) -> list[Condition]:
        conditions = []
        for name, kind in self._listing.filters.items():
            text = self._values.get(name)
            if text is None:
                continue
            if kind == "text":
                conditions.append(Condition(name, "eq", text))
            elif kind == "boolean":
                if text not in {"true", "false", "1", "0"}:
                    self._fault(name, "Allowed: true, false.")
                conditions.append(Condition(name, "eq", text in {"true", "1"}))
            elif text in kind:
                conditions.append(Condition(name, "eq", text))
            else:
                self._fault(name, f"Allowed: {', '.join(kind)}.")
        return conditions

    def _times(self) -> list[Condition]:
        conditions = []
        for name, (column, op) in _TIMES.items():
            text = self._values.get(name) if self._listing.times else None
            if text is None:
                continue
            moment = _moment(text)
            if moment is None:
                self._fault(name, "Must be an ISO 8601 date or time, like 2024-01-15 or 2024-01-15T10:30:00Z.")
            else:
                conditions.append(Condition(column, op, rfc3339(moment)))
        return conditions

    def _search(self) -> list[Condition]:
        text = self._values.get("search") if self._listing.searchable else None
        if text is None:
            return []
        found = words(text)
        if not found:
            self._fault("search", "Give at least one word.")
        return [Condition(WORDS, "prefix", str(word)) for word in found]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
