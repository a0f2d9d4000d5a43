"""What the store's guards mean: the same reading for every adapter that decides in Python."""

from __future__ import annotations

from collections.abc import Mapping

from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Slice
from atrium_common.store.documents import Absent, Any, Guard, Is, Newer
from atrium_common.store.ports import VersionConflict


def check_expected(part: Slice, actual: int) -> None:
    """Return if the stream is where the slice expects it.

    Raises:
        VersionConflict: it is not.
    """
    if part.expected != actual:
        raise VersionConflict(part.stream, part.expected, actual)


def admits(guard: Guard, *, version: int, present: int | None, tombstone: int) -> bool:
    """Whether a write of `version` is allowed over a live document's version, or None, and a tombstone's, or 0."""
    match guard:
        case Any():
            return True
        case Absent():
            return present is None
        case Is(wanted):
            return present == wanted
        case Newer():
            return version > (tombstone if present is None else present)


def bumped(
    body: JSONObject,
    *,
    add: Mapping[str, int],
    floor: Mapping[str, int] | None,
    ceiling: Mapping[str, int] | None,
    match: Mapping[str, int | str | bool] | None,
) -> JSONObject | None:
    """The body with the integers added, or None where a condition forbids it (see `Documents.bump`)."""
    if any(body.get(name) != value for name, value in (match or {}).items()):
        return None
    after = {**body, **{name: _integer(body.get(name)) + amount for name, amount in add.items()}}
    if any(_integer(after.get(name)) < least for name, least in (floor or {}).items()):
        return None
    if any(_integer(after.get(name)) > most for name, most in (ceiling or {}).items()):
        return None
    return after


def _integer(value: JSON) -> int:
    return value if isinstance(value, int) else 0
