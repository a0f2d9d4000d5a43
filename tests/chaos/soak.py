"""`make soak`: the story's load without faults, for long; what each process holds, and how long answers take."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.fire import STACKS, grounds, telling
from tests.chaos.fleet import Fleet, figures
from tests.chaos.looking import observe, settle
from tests.chaos.network import Loopback
from tests.chaos.reconciling import reconcile

GROWTH = 1.25
"""How much more than after its warm-up a process may hold at the end."""
_SETTLING = 0.3
"""This share of the time is warm-up: caches fill, allocators find their size."""
_LOOKS = 60


@dataclass
class Course:
    """What was seen of one process, or of all answers, look by look."""

    rss: list[float] = field(default_factory=list)
    fds: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def flat(self) -> bool:
        return (
            _ends(self.rss)[1] <= _ends(self.rss)[0] * GROWTH and _ends(self.fds)[1] <= _ends(self.fds)[0] * GROWTH + 8
        )


def _ends(values: list[float] | list[int]) -> tuple[float, float]:
    """The median after the warm-up and at the end: a quarter of the rest each."""
    rest = values[int(len(values) * _SETTLING) :] or values
    quarter = max(1, len(rest) // 4)
    return statistics.median(rest[:quarter]), statistics.median(rest[-quarter:])


async def soak(stack: str, minutes: float, pace: float, directory: Path) -> bool:
    """Run the load for so long; whether all stayed flat and nothing was lost."""
    good = True
    async with grounds(stack, 1, directory, Loopback()) as ground, telling(ground, 1, pace=pace) as (story, receiver):
        courses: dict[str, Course] = {name: Course() for name in ground.fleet.members}
        latencies: list[tuple[float, float, int]] = []
        for look in range(_LOOKS):
            story.client.seconds.clear()
            await asyncio.sleep(minutes * 60 / _LOOKS)
            story.check()
            _look(ground.fleet, courses)
            seconds = sorted(story.client.seconds)
            if seconds:
                middle, most = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)]
                latencies.append((middle * 1000, most * 1000, len(seconds)))
            if look % 6 == 5:
                rss = sum(course.rss[-1] for course in courses.values())
                print(f"  {look + 1:2}/{_LOOKS}  {rss:7.0f} MiB  p50 {latencies[-1][0]:6.1f} ms", flush=True)
        await story.end()
        await settle(story)
        findings = reconcile(list(story.client.journal.entries.values()), await observe(story, receiver))
        print(f"\n  {'process':<18} {'RSS MiB':>15} {'descriptors':>13} {'threads':>9} {'CPU s/min':>10}")
        for name, course in courses.items():
            (rss_then, rss_now), (fds_then, fds_now) = _ends(course.rss), _ends(course.fds)
            minute = (course.cpu[-1] - course.cpu[0]) / (minutes * (_LOOKS - 1) / _LOOKS)
            word = "" if course.flat() else "  GROWS"
            print(
                f"  {name:<18} {rss_then:6.1f} → {rss_now:6.1f} {fds_then:5.0f} → {fds_now:5.0f}"
                f" {course.threads[-1]:9} {minute:10.1f}{word}"
            )
            good &= course.flat()
        (p50_then, p50_now), (p99_then, p99_now) = (_ends([each[n] for each in latencies]) for n in (0, 1))
        rate = sum(each[2] for each in latencies) / (minutes * 60)
        print(
            f"  {rate:.0f} requests/s   p50 {p50_then:.1f} → {p50_now:.1f} ms   p99 {p99_then:.1f} → {p99_now:.1f} ms"
        )
        print(f"  tries that failed: {dict(story.client.failures)}; findings: {len(findings)}")
        for finding in findings[:20]:
            print(f"  {finding.kind.upper():<9} {finding.where}: {finding.what}")
    return good and not findings


def _look(fleet: Fleet, courses: dict[str, Course]) -> None:
    for name, member in fleet.members.items():
        seen = figures(member.pid)
        courses[name].rss.append(seen["rss"])
        courses[name].fds.append(seen["fds"])
        courses[name].threads.append(seen["threads"])
        courses[name].cpu.append(seen["cpu"])


def main() -> int:
    """Run; 0 where memory and descriptors stayed flat and nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--stack", choices=STACKS, default="embedded")
    parser.add_argument("--pace", type=float, default=1.0, help="2 is half the load, 0.5 twice of it")
    told = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="atrium-soak-"))
    began = time.monotonic()
    print(f"soak of {told.minutes:g} minutes on {told.stack}", flush=True)
    good = asyncio.run(soak(told.stack, told.minutes, told.pace, directory))
    print(f"  {'flat, nothing lost' if good else f'see above; {directory}'} ({time.monotonic() - began:.0f} s)")
    if good:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
