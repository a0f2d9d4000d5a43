"""The cyclic garbage collector, set for processes that hold much and leave few cycles behind."""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _OLD = 20_000, 20, 20


def collect_seldom() -> None:
    """Look for cycles more seldom, and never again among what is there now; call it once everything is put together.

    Python's own thresholds search the young objects after every 700 that are made. Each delivery and request makes
    hundreds that live until it ends, so that nearly all that is found is alive: the search cost a quarter of the
    dispatcher's CPU. What is bounded by the threshold is what may wait as garbage, a few megabytes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
