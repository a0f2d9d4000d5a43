from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from atrium_common.collecting import collect_seldom


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class _Knot:
    def __init__(self) -> None:
        self.itself = self


def test_cycles_that_come_later_are_still_collected() -> None:
    collect_seldom()
    knot = weakref.ref(_Knot())
    assert knot() is not None
    kept = [[] for _ in range(gc.get_threshold()[0] * 2)]  # type: ignore[var-annotated]
    assert knot() is None
    assert kept
