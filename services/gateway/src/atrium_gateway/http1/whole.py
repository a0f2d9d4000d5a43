"""An answer that came in one piece, as most do: read by its lines, each of which is looked at once.

Services say the same few lines again and again. What is not plain to see here is left to llhttp.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from atrium_gateway import fields
from atrium_gateway.upstream import Answer

_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2}) [\x20-\x7e]*\Z")
_BODILESS = frozenset({204, 205, 304})
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)\Z")
# What only llhttp may understand: other framing, and what ends a connection.
_UNUSUAL = frozenset({b"connection", b"transfer-encoding", b"upgrade", b"trailer"})
_MOST_KNOWN = 4096


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a head; `returned` is how it travels back to the client, empty where it does not."""

    field: tuple[bytes, bytes]
    returned: bytes


_known: dict[bytes, _Line] = {}
_statuses: dict[bytes, int] = {}


def read(data: bytes) -> Answer | None:
    """The answer, where `data` is one, whole and nothing else, of the usual kind; else None."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.split(b"\r\n")
    status = _statuses.get(first) or _status_of(first)
    if status is None:
        return None
    found = []
    length = -1
    for text in rest:
        line = _known.get(text) or _looked_at(text)
        if line is None:
            return None
        if line.field[0] == b"content-length":
            if length != -1 or not line.field[1].isdigit():
                return None
            length = int(line.field[1])
        found.append(line)
    if length != len(body):
        return None
    returned = b"".join([line.returned for line in found])
    return Answer(status, [line.field for line in found], body, returned=returned)


def _status_of(line: bytes) -> int | None:
    match = _STATUS.match(line)
    status = None if match is None else int(match[1])
    if status is None or status in _BODILESS:
        return None
    if len(_statuses) >= _MOST_KNOWN:
        _statuses.clear()
    _statuses[line] = status
    return status


def _looked_at(text: bytes) -> _Line | None:
    match = _FIELD.match(text)
    if match is None:
        return None
    field = (match[1].lower(), match[2])
    if field[0] in _UNUSUAL:
        return None
    line = _Line(field, fields.lines(fields.returned([field])))
    if field[0] != b"x-request-id":
        # That one never comes again.
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[text] = line
    return line
