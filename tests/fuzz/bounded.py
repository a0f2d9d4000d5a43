"""How hard parsers are fuzzed: briefly with every test run, for as long as one likes by `make fuzz`.

Each property is: a value, or an error of the kinds that its caller turns into a 4xx or a clear word; never anything
else, and never slowly.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

F = TypeVar("F", bound=Callable[..., Any])

FACTOR = int(os.environ.get("ATRIUM_FUZZ_FACTOR", "1"))
"""How many times more examples than with every test run."""

# An example takes microseconds; what takes longer than this hangs, also on a machine with much else to do.
_LONGEST = timedelta(seconds=5)


def fuzzed(*arguments: st.SearchStrategy[Any], examples: int = 60) -> Callable[[F], F]:
    """Run the test with `examples` times `FACTOR` drawn arguments."""

    def decorated(test: F) -> F:
        bounded = settings(
            max_examples=examples * FACTOR,
            deadline=_LONGEST,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        )
        return cast("F", bounded(given(*arguments)(test)))

    return decorated


_SPOILERS = (
    "", "\0", "\r\n", " ", "\t", ",", ";", ":", "=", '"', "'", "\\", "/", "//", "..", "%00", "%", "{", "}", "[", "]",
    "-", "+", "0", "-1", "1e309", "NaN", "9" * 30, "9" * 5000, "²", "é", "\u202e", "\U0001f600", "\ud800", "null",
    "a" * 300, "[" * 3000, '{"a":' * 600, "\x7f", "\xa0", "$or", "*", "W/", "@", "#", "?", "inf",
)  # fmt: skip


def texts(*samples: str) -> st.SearchStrategy[str]:
    """Any text at all, or one of the samples with some of it replaced by what parsers stumble over."""
    return st.one_of(st.text(max_size=60), _near(samples)) if samples else st.text(max_size=60)


def wires(*samples: bytes) -> st.SearchStrategy[bytes]:
    """The same for bytes."""
    near = _near([sample.decode("latin-1") for sample in samples])
    return st.one_of(st.binary(max_size=200), near.map(lambda text: text.encode("latin-1", "replace")))


_JUNK = st.one_of(st.sampled_from(_SPOILERS), st.text(max_size=4))


@st.composite
def _near(draw: st.DrawFn, samples: Sequence[str]) -> str:
    text: str = draw(st.sampled_from(list(samples)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 3))
        text = text[:at] + draw(_JUNK) + text[at + gone :]
    return text


def json_values(*, deepest: int = 6) -> st.SearchStrategy[Any]:
    """JSON that a client may send: odd keys, numbers at the edges, nested."""
    keys = st.one_of(st.sampled_from(["id", "a.b", "$set", "$or", "", "\0", "__proto__", "timezone"]), texts())
    numbers = st.one_of(
        st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([0, -0.0, 2**53, 2**63, 2**64 - 1, -(2**63), 1e308, 5e-324]),
    )  # fmt: skip
    clean = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    leaves = st.one_of(st.none(), st.booleans(), numbers, clean)
    names = keys.map(lambda name: name.encode("utf-8", "replace").decode())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
        max_leaves=deepest * 4,
    )


def nested(depth: int) -> bytes:
    """A JSON object of this depth."""
    return b'{"a":' * depth + b"1" + b"}" * depth
