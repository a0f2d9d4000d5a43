"""Alerts: each threshold that a step crosses is told once per account, feature, cycle and limit, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from atrium_common.eventing.event import Event
from atrium_entitlements.domain.events import LimitReached, LimitWarned, Place
from atrium_entitlements.domain.standing import Node, Standing

THRESHOLDS = (80, 90, 100)
_WHOLE = 100


def crossed(node: Node, quantity: int, *, rolling: bool = False) -> Iterator[int]:
    """The thresholds, in per cent, that so much more use of the node reaches and that have not been told.

    What was told for another cycle or a lower limit counts no more. A `rolling` window has no cycle: there, falling
    below the lowest threshold is what arms them again.
    """
    if not node.limit or quantity <= 0:
        return
    told = node.alerted
    start = None if node.cycle is None else node.cycle.start
    relieved = rolling and node.used * _WHOLE < node.limit * THRESHOLDS[0]
    armed = told is None or told.start != start or node.limit > told.limit or relieved
    for threshold in THRESHOLDS:
        if (armed or (told is not None and threshold > told.threshold)) and (
            (node.used + quantity) * _WHOLE >= node.limit * threshold
        ):
            yield threshold


def alerts(standing: Standing, quantity: int, *, place: Place, at: datetime) -> Iterator[Event]:
    """The events to tell of what so much more use crosses, the feature's own limit before its pools'."""
    level = standing.view.level
    rolling = standing.chain[-1].feature.reset == "rolling"
    limiting = {node.feature.code for node in standing.nodes}
    # A pool's own limit, which it has for all that count on it, and not one that the feature's boosts have lifted.
    for node in (node for node in standing.chain if node.feature.code in limiting):
        for threshold in crossed(node, quantity, rolling=rolling):
            here = place.model_copy(update={"namespace_id": level.account if level.name == "namespace" else None})
            told = LimitReached if threshold == _WHOLE else LimitWarned
            yield told(
                feature=node.feature.code,
                threshold=threshold,
                used=node.used + quantity,
                limit=node.limit or 0,
                cycle_start=None if node.cycle is None else node.cycle.start,
                place=here,
                at=at,
            )
