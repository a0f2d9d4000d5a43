"""Lists: what a resource's list offers, and the page that answers (spec/http-api.md, "Pagination" to "Includes")."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from atrium_common.http.page import Page, cursor_after
from atrium_common.http.reply import Reply, with_fields
from atrium_common.jsontypes import JSON, JSONObject, Scalar
from atrium_common.principal import Principal
from atrium_common.store.documents import Condition, Document, Operator, Order, Query
from atrium_common.store.matching import follows, matches, sort_documents
from atrium_common.store.ports import Documents

WORDS = "words"
CONTEXT = frozenset({"workspace_id", "namespace_id"})
TIMES: Mapping[str, tuple[str, Operator]] = {
    "created_after": ("created_at", "gt"),
    "created_before": ("created_at", "lt"),
    "updated_after": ("updated_at", "gt"),
    "updated_before": ("updated_at", "lt"),
}

Kind: TypeAlias = Literal["text", "boolean", "integer", "time"] | tuple[str, ...]
Include: TypeAlias = Callable[[Sequence[JSONObject], Principal], Awaitable[None]]
"""Puts a related resource into each of a page's resources, for this caller, in a bounded number of queries."""
Total: TypeAlias = Callable[[Sequence[Condition]], Awaitable[int | None]]
"""How many documents fulfil the conditions, where that is known without counting; else None."""
Searched: TypeAlias = Callable[[Sequence[Condition]], Condition]
"""From conditions on words to one that other documents' words fulfil."""
Complete: TypeAlias = Callable[[Sequence[JSONObject]], Awaitable[None]]

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that is more than equality with the field of its own name.

    Attributes:
        kind: what its value is: free text, a boolean, a number, a time, or one of these.
        field: the document's field; the filter's own name where empty.
        op: how the two are compared.
        applied: False where the handler applies it; it finds the value in `ListQuery.values`.
    """

    kind: Kind
    field: str = ""
    op: Operator = "eq"
    applied: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """What a resource's list offers.

    Attributes:
        fields: the fields of its resources, for `fields=`.
        sortable: fields that `sort=` knows; each must be indexed as a document's field.
        filters: own filters by name; a bare kind means equality with the field of that name.
        times: whether `created_*` and `updated_*` bounds apply.
        searchable: whether the documents carry `words`.
        includes: related resources by name.
    """

    fields: tuple[str, ...]
    sortable: tuple[str, ...] = ("created_at",)
    filters: Mapping[str, Kind | Filter] = field(default_factory=dict)
    times: bool = True
    searchable: bool = False
    includes: Mapping[str, Include] = field(default_factory=dict)

    def parameters(self) -> frozenset[str]:
        """Every query parameter that the list takes."""
        names = {"page", "per_page", "cursor", "sort", "fields", *CONTEXT, *self.filters}
        names |= set(TIMES) if self.times else set()
        names |= {"search"} if self.searchable else set()
        names |= {"include"} if self.includes else set()
        return frozenset(names)

    def filter(self, name: str) -> Filter:
        """The filter of this name, spelt out."""
        declared = self.filters[name]
        spelt = declared if isinstance(declared, Filter) else Filter(declared)
        return spelt if spelt.field else Filter(spelt.kind, name, spelt.op, spelt.applied)

    async def shown(
        self, resources: Sequence[JSONObject], *, include: Sequence[str], fields: Sequence[str], principal: Principal
    ) -> list[JSONObject]:
        """The resources with what was to be included, and only the fields that were asked for (all where none)."""
        for name in include:
            await self.includes[name](resources, principal)
        if not fields:
            return list(resources)
        known = (*self.fields, *self.includes)
        return [with_fields(resource, (*fields, *include), known) for resource in resources]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list request, understood.

    Attributes:
        after: the values behind which a cursor's page begins.
        where: what the client's filters, bounds and search come to.
        values: the filters' values by name, those that the handler applies included.
        page: number, size and links of what will be answered.
    """

    listing: Listing
    principal: Principal
    page: Page
    after: tuple[Scalar, ...] | None
    sort: tuple[Order, ...]
    where: tuple[Condition, ...]
    fields: tuple[str, ...]
    include: tuple[str, ...]
    values: Mapping[str, Scalar]

    def spelt(self, name: str, spell: Callable[[str], str]) -> ListQuery:
        """The same request with the text of the filter `name` spelt as the documents spell it; where given."""
        given = self.values.get(name)
        if not isinstance(given, str):
            return self
        mine, text = Condition(self.listing.filter(name).field, "eq", given), spell(given)
        where = tuple(replace(each, value=text) if each == mine else each for each in self.where)
        return replace(self, where=where, values={**self.values, name: text})

    async def reply(
        self,
        documents: Documents,
        collection: str,
        *,
        where: Sequence[Condition],
        render: Callable[[Document], JSONObject],
        complete: Complete | None = None,
        total: Total | None = None,
        search: Searched | None = None,
    ) -> Reply:
        """The page of the collection's documents that fulfil `where` and what the client asked for.

        `complete` puts into the page's resources, all at once, what other documents hold of them; `total` may know how
        many there are; `search` says what searching for words comes to, where the documents have none of their own.
        """
        asked = list(self.where)
        if search is not None and (worded := [each for each in asked if each.field == WORDS]):
            asked = [*(each for each in asked if each.field != WORDS), search(worded)]
        conditions = (*where, *asked)
        # One more than the page shows whether there is a next one.
        query = Query(conditions, self.sort, self.after, self.page.skip, self.page.per_page + 1)
        if self.page.by_cursor:
            return await self._reply(await documents.query(collection, query), None, render, complete)
        found = await documents.query(collection, query)
        if len(found) <= self.page.per_page and (found or not self.page.skip):
            # Nothing stands behind this page: no need to count.
            number: int | None = self.page.skip + len(found)
        else:
            number = None if total is None else await total(conditions)
            if number is None:
                number = await documents.count(collection, conditions)
        return await self._reply(found, number, render, complete)

    async def reply_from(self, resources: Sequence[JSONObject], *, key: str = "id") -> Reply:
        """The same over resources in memory (a catalogue), each with its identity under `key`.

        Searching goes over their `words` where they have them; these are not shown.
        """
        multi = frozenset(
            {WORDS, *(name for resource in resources for name, value in resource.items() if isinstance(value, list))}
        )
        kept = [
            document
            for resource in resources
            if matches(document := Document(str(resource[key]), 0, resource), self.where, multi=multi)
        ]
        query = Query(sort=self.sort, after=self.after)
        ordered = [d for d in sort_documents(kept, self.sort) if self.after is None or follows(d, query)]
        part = ordered[self.page.skip : self.page.skip + self.page.per_page + 1]
        total = None if self.page.by_cursor else len(kept)
        return await self._reply(part, total, _without_words)

    async def _reply(
        self,
        found: Sequence[Document],
        total: int | None,
        render: Callable[[Document], JSONObject],
        complete: Complete | None = None,
    ) -> Reply:
        shown = found[: self.page.per_page]
        rendered = [render(document) for document in shown]
        if complete is not None:
            await complete(rendered)
        resources = await self.listing.shown(
            rendered,
            include=self.include,
            fields=self.fields,
            principal=self.principal,
        )
        cursor = cursor_after(shown[-1], self.sort) if len(found) > len(shown) else None
        data: list[JSON] = list(resources)
        return Reply.page(data, meta=self.page.meta(total, len(data), cursor), links=self.page.links(total, cursor))


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


def _without_words(document: Document) -> JSONObject:
    return {name: value for name, value in document.body.items() if name != WORDS}
