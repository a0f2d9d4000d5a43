"""Whose turn it is: workspaces one after the other, and within each its endpoints."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable

from atrium_webhooks.application.lane import UNSETTLED, Lane


class Rota:
    """Lanes with something to send, in turns, and the share of the attempts under way that each may have.

    Up to half of all attempts begin as they come. Beyond that a workspace may have no more than its part of them,
    and an endpoint no more than its part of half of them: who is slow can't fill the other half.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.flying = 0
        self.unsettled = 0
        self._by_workspace: Counter[str] = Counter()
        self._by_lane: Counter[str] = Counter()
        self._turns: OrderedDict[str, deque[Lane]] = OrderedDict()
        self._listed: set[Lane] = set()

    def add(self, lane: Lane) -> None:
        """The lane may have something to send."""
        if lane not in self._listed:
            self._listed.add(lane)
            self._turns.setdefault(lane.workspace_id, deque()).append(lane)

    def turn(self, start: Callable[[Lane], bool]) -> None:
        """Let each lane begin one attempt after the other until nothing may; `start` says whether one began."""
        passed: list[Lane] = []
        while self._turns and self.flying < self.most and self.unsettled < self.most * UNSETTLED:
            workspace_id, lanes = self._turns.popitem(last=False)
            lane = lanes.popleft()
            if lanes:
                self._turns[workspace_id] = lanes
            self._listed.discard(lane)
            if not self._may(lane):
                passed.append(lane)
            elif start(lane):
                self.flying += 1
                self.unsettled += 1
                self._by_workspace[lane.workspace_id] += 1
                self._by_lane[lane.endpoint_id] += 1
                self.add(lane)
        for lane in passed:
            self.add(lane)

    def ended(self, lane: Lane) -> None:
        """An attempt is over, as far as the receiver is concerned."""
        self.flying -= 1
        for counter, key in ((self._by_workspace, lane.workspace_id), (self._by_lane, lane.endpoint_id)):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]

    def settled(self) -> None:
        """What came of an attempt is stored, or given up to be found again."""
        self.unsettled -= 1

    def _may(self, lane: Lane) -> bool:
        if self.flying < self.most // 2:
            return True
        workspaces = len(self._by_workspace.keys() | {lane.workspace_id})
        lanes = len(self._by_lane.keys() | {lane.endpoint_id})
        return self._by_workspace[lane.workspace_id] < max(1, self.most // workspaces) and self._by_lane[
            lane.endpoint_id
        ] < max(1, self.most // 2 // lanes)
