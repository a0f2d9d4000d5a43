"""An answer that came in one piece is read as llhttp reads it, or left to llhttp."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium_gateway import fields
from atrium_gateway.http1 import pool, whole
from atrium_gateway.upstream import Answer

USUAL = [
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    b'HTTP/1.1 404 Not Found\r\nX-Request-ID: req_1\r\nETag: "1-a"\r\nServer: x\r\nContent-Length: 0\r\n\r\n',
    b"HTTP/1.1 200 \r\ncontent-length: 1\r\nVary: a\r\nVary: b\r\n\r\nx",
]
UNUSUAL = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200",
    b"HTTP/1.1 200 \rK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    b"",
]


class Unconnected(pool._Connection):
    """Nothing comes of what is read."""

    def done(self, *, again: bool) -> None:
        """Nothing to use again."""

    def close(self) -> None:
        """Nothing to close."""


async def by_llhttp(data: bytes) -> Answer | Exception | None:
    told: list[Answer | Exception] = []
    reading = pool._Reading(Unconnected.__new__(Unconnected), told.append)
    reading.parser.feed_data(data)
    return told[0] if told else None


@pytest.mark.parametrize("data", USUAL)
async def test_a_usual_answer_is_read_as_llhttp_reads_it(data: bytes) -> None:
    for _ in range(2):
        ours, theirs = whole.read(data), await by_llhttp(data)
        assert ours is not None
        assert isinstance(theirs, Answer)
        assert (ours.status, ours.fields, ours.body) == (theirs.status, theirs.fields, theirs.body)
        assert ours.returned == fields.lines(fields.returned(theirs.fields))


@pytest.mark.parametrize("data", UNUSUAL)
def test_whatever_is_not_plain_to_see_is_left_to_llhttp(data: bytes) -> None:
    assert whole.read(data) is None


@given(st.lists(st.sampled_from([*USUAL, *UNUSUAL]), min_size=1, max_size=2), st.data())
def test_no_damaged_answer_is_read_otherwise_than_llhttp_does(parts: list[bytes], data: st.DataObject) -> None:
    raw = bytearray(b"".join(parts))
    for _ in range(data.draw(st.integers(0, 3))):
        if raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.sampled_from(b"\r\n :,;0\x00Aa\t"))
    ours = whole.read(bytes(raw))
    if ours is not None:
        theirs = asyncio.run(by_llhttp(bytes(raw)))
        assert isinstance(theirs, Answer)
        assert (ours.status, ours.fields, ours.body) == (theirs.status, theirs.fields, theirs.body)


def test_what_was_seen_of_answers_stays_bounded() -> None:
    for number in range(3 * whole._MOST_KNOWN):
        whole.read(b"HTTP/1.1 200 OK\r\nETag: %d\r\nContent-Length: 0\r\n\r\n" % number)
    assert len(whole._known) <= whole._MOST_KNOWN
