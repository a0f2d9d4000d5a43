"""Query parameters, understood: a list's page, order, filters and search, with every fault named at once.

spec/http-api.md, "Pagination", "Filtering", "Sorting", "Field selection", "Includes".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from atrium_common.clock import read_moment, rfc3339
from atrium_common.errors import ValidationFailed
from atrium_common.http.listing import TIMES, WORDS, Listing, ListQuery, words
from atrium_common.http.page import BadCursor, Page, read_cursor
from atrium_common.jsontypes import Scalar
from atrium_common.principal import Principal
from atrium_common.store.documents import Condition, Order

DEFAULT_PER_PAGE = 15
MAX_PER_PAGE = 100
MAX_WORDS = 10
MAX_NUMBER = 999_999_999
"""The largest whole number that a parameter takes."""
_ISO = "Must be an ISO 8601 date or time, like 2024-01-15 or 2024-01-15T10:30:00Z."


def parse_list_query(
    listing: Listing, parameters: Sequence[tuple[str, str]], *, url: str, principal: Principal
) -> ListQuery:
    """A list request from its query parameters; `url` is the list's absolute address without them.

    Raises:
        ValidationFailed: with everything that is wrong, by parameter.
    """
    check_known(parameters, listing.parameters())
    parser = _Parser(listing, dict(parameters))
    query = parser.query(tuple(parameters), url, principal)
    if parser.faults:
        raise ValidationFailed(parser.faults)
    return query


def parse_names(parameters: Mapping[str, str], name: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """The comma-separated names of `fields=` or `include=`; none where the parameter is not given.

    Raises:
        ValidationFailed: one is not allowed; the allowed ones are named.
    """
    text = parameters.get(name)
    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    known = sorted({*allowed, *({"id"} if name == "fields" else ())})
    unknown = [part or "(empty)" for part in names if part not in known]
    if unknown:
        raise ValidationFailed({name: [f"Unknown: {', '.join(unknown)}. Allowed: {', '.join(known)}."]})
    return names


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


class _Parser:
    """Collects every fault before the request is refused."""

    def __init__(self, listing: Listing, values: Mapping[str, str]) -> None:
        self.faults: dict[str, list[str]] = {}
        self._listing = listing
        self._values = values

    def query(self, parameters: tuple[tuple[str, str], ...], url: str, principal: Principal) -> ListQuery:
        """The understood request, of use only where no fault was found."""
        by_cursor = "cursor" in self._values
        if by_cursor and "page" in self._values:
            self._fault("cursor", "Give page or cursor, not both.")
        number = self._within("page", 1, MAX_NUMBER)
        per_page = self._within("per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE)
        sort = self._sort()
        values, conditions = self._filters()
        return ListQuery(
            listing=self._listing,
            principal=principal,
            page=Page(number, per_page, by_cursor, url, parameters),
            after=self._after(sort),
            sort=sort,
            where=(*conditions, *self._times(), *self._search()),
            fields=self._names("fields", (*self._listing.fields, *self._listing.includes)),
            include=self._names("include", self._listing.includes),
            values=values,
        )

    def _fault(self, name: str, message: str) -> None:
        self.faults.setdefault(name, []).append(message)

    def _within(self, name: str, default: int, most: int) -> int:
        text = self._values.get(name)
        if text is None:
            return default
        value = _integer(text)
        if value is None or not 1 <= value <= most:
            self._fault(name, f"Must be a whole number from 1 to {most}.")
            return default
        return value

    def _names(self, name: str, allowed: Iterable[str]) -> tuple[str, ...]:
        try:
            return parse_names(self._values, name, allowed)
        except ValidationFailed as failed:
            for message in failed.details[name]:
                self._fault(name, message)
            return ()

    def _sort(self) -> tuple[Order, ...]:
        text = self._values.get("sort")
        if text is None:
            return (Order("created_at", descending=True),) if "created_at" in self._listing.sortable else ()
        allowed = sorted({"id", *self._listing.sortable})
        orders: list[Order] = []
        for part in text.split(","):
            name = part.strip().removeprefix("-")
            if name not in allowed:
                fields = f"{', '.join(allowed)}, each with - in front for descending"
                self._fault("sort", f"Unknown: {name or '(empty)'}. Allowed: {fields}.")
            elif any(order.field == name for order in orders):
                self._fault("sort", f"{name} is given more than once.")
            else:
                orders.append(Order(name, part.strip().startswith("-")))
        return tuple(Order("_key", order.descending) if order.field == "id" else order for order in orders)

    def _after(self, sort: tuple[Order, ...]) -> tuple[Scalar, ...] | None:
        text = self._values.get("cursor")
        if not text:
            return None
        try:
            return read_cursor(text, sort)
        except BadCursor:
            self._fault("cursor", "Not a cursor of this list in this order: start again with an empty one.")
            return None

    def _filters(self) -> tuple[dict[str, Scalar], list[Condition]]:
        values: dict[str, Scalar] = {}
        conditions = []
        for name in self._listing.filters:
            text = self._values.get(name)
            if text is None:
                continue
            wanted = self._listing.filter(name)
            if isinstance(wanted.kind, tuple):
                value: Scalar = text if text in wanted.kind else None
                hint = f"Allowed: {', '.join(wanted.kind)}."
            else:
                read, hint = _KINDS[wanted.kind]
                value = read(text)
            if value is None:
                self._fault(name, hint)
                continue
            values[name] = value
            if wanted.applied:
                conditions.append(Condition(wanted.field, wanted.op, value))
        return values, conditions

    def _times(self) -> list[Condition]:
        conditions = []
        for name, (column, op) in TIMES.items():
            text = self._values.get(name) if self._listing.times else None
            if text is None:
                continue
            moment = _moment(text)
            if moment is None:
                self._fault(name, _ISO)
            else:
                conditions.append(Condition(column, op, moment))
        return conditions

    def _search(self) -> list[Condition]:
        text = self._values.get("search")
        if text is None:
            return []
        found = words(text)
        if not 1 <= len(found) <= MAX_WORDS:
            self._fault("search", f"Give 1 to {MAX_WORDS} words.")
        return [Condition(WORDS, "prefix", str(word)) for word in found]


def _text(text: str) -> str | None:
    return text or None


def _boolean(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def _integer(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_NUMBER)) else None


def _moment(text: str) -> str | None:
    try:
        # A plus sign that was not escaped arrives as a space.
        return rfc3339(read_moment(text.replace(" ", "+")))
    except ValueError:
        return None


_KINDS: Mapping[str, tuple[Callable[[str], Scalar], str]] = {
    "text": (_text, "Must not be empty."),
    "boolean": (_boolean, "Allowed: true, false."),
    "integer": (_integer, "Must be a whole number."),
    "time": (_moment, _ISO),
}
