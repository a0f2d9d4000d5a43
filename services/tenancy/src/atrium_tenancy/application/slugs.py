"""Slugs: made from names, and numbered where taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from atrium_common.errors import Duplicate
from atrium_common.eventing.transaction import Transaction
from atrium_common.store.ports import Store

LENGTH = 63
_SPELT = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h"})
"""Letters that are no other letter with an accent, as they are spelt without."""
_IN_TURN = 10
_AT_RANDOM = 6


async def claim_slug(
    tx: Transaction,
    store: Store,
    prefix: str,
    *,
    wanted: str | None,
    name: str,
    stream: str,
    seed: str,
    outrun: bool = False,
) -> str:
    """Claim `prefix/slug` for the stream: the wanted slug, or one made from the name, with a number where taken.

    Numbers are tried in turn at first, then drawn from `seed`, so that the thousandth of a name is found as fast; where
    the command was `outrun` before, they are drawn at once: in turn, its rivals would take the next one too.

    Raises:
        Duplicate: the wanted slug is taken.
        ClaimTaken: at commit, where somebody else was faster.
    """
    candidates = [wanted] if wanted else list(_numbered(slug_of(name), seed, in_turn=not outrun))
    for slug in candidates:
        claim = f"{prefix}/{slug}"
        if claim not in tx.claimed and await store.log.holder(claim) is None:
            tx.claim(claim, stream=stream)
            return slug
    if wanted is None:
        raise Duplicate("slug", "Every slug that was made from the name is taken: choose one.")
    if f"{prefix}/{wanted}" in tx.claimed:
        raise Duplicate("slug", f"The slug {wanted} is taken.")
    # Whoever holds it may have given it up already: the log knows.
    tx.claim(f"{prefix}/{wanted}", stream=stream)
    return wanted


def slug_of(name: str) -> str:
    """A slug made from a name."""
    spelt = name.lower().translate(_SPELT)
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LENGTH].rstrip("-")
    return slug or "unnamed"


def _numbered(slug: str, seed: str, *, in_turn: bool) -> Iterator[str]:
    numbers: list[int] = []
    if in_turn:
        yield slug
        numbers += range(2, _IN_TURN)
    drawn = sum(ord(character) * 131**place for place, character in enumerate(seed))
    numbers += [drawn % 10**digits + 10 ** (digits - 1) for digits in range(3, 3 + _AT_RANDOM)]
    for number in numbers:
        ending = f"-{number}"
        yield slug[: LENGTH - len(ending)].rstrip("-") + ending
