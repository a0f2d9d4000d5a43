"""Lists: one page in the hand, the others as they are wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page; iterating goes on through all that follow.

    Attributes:
        data: the items of this page.
        meta: as the API counts: current_page, per_page, total, last_page, from, to, next_cursor.
        links: first, last, prev, next.
    """

    data: Sequence[T]
    meta: dict[str, Any]
    links: dict[str, Any]
    follow: Callable[[str], Page[T]]

    def __iter__(self) -> Iterator[T]:
        """Every item, of this page and of those behind it."""
        page: Page[T] | None = self
        while page is not None:
            yield from page.data
            page = page.next_page()

    def __len__(self) -> int:
        """How many items this page has."""
        return len(self.data)

    def next_page(self) -> Page[T] | None:
        """The page behind this one, or None."""
        url = self.links.get("next")
        return self.follow(url) if url else None


@dataclass(frozen=True)
class AsyncPage(Generic[T]):
    """As `Page`, for `async for`."""

    data: Sequence[T]
    meta: dict[str, Any]
    links: dict[str, Any]
    follow: Callable[[str], Awaitable[AsyncPage[T]]]

    async def __aiter__(self) -> AsyncIterator[T]:
        """Every item, of this page and of those behind it."""
        page: AsyncPage[T] | None = self
        while page is not None:
            for item in page.data:
                yield item
            page = await page.next_page()

    def __len__(self) -> int:
        """How many items this page has."""
        return len(self.data)

    async def next_page(self) -> AsyncPage[T] | None:
        """The page behind this one, or None."""
        url = self.links.get("next")
        return await self.follow(url) if url else None
