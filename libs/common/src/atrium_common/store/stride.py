"""How many commits are read at once: many small ones, few large ones.

A commit may take several MiB, and what is made of a page takes several times that. Who reads on where a busy time has
left it behind must not need the memory of the whole machine for one page: it would be killed, and begin there again.
"""

from __future__ import annotations

from collections.abc import Sequence

from atrium_common.store.commit import Commit

_FIRST = 10
_SMALL, _LARGE = 1024 * 1024, 4 * 1024 * 1024


class Stride:
    """The size of the next page; it grows with full pages of small commits, and shrinks with a large one."""

    def __init__(self, most: int) -> None:
        """`most` commits at once are never exceeded."""
        self._most = most
        self.limit = min(_FIRST, most)

    def took(self, page: Sequence[Commit]) -> bool:
        """Learn from a page that was read with `limit`; whether it was full, so that there may be more."""
        full = len(page) >= self.limit
        size = sum(commit.size for commit in page)
        if size > _LARGE:
            self.limit = max(1, self.limit // 4)
        elif full and size < _SMALL:
            self.limit = min(self._most, self.limit * 4)
        return full
