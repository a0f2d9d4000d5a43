"""`make chaos`: the suite under fire on both stacks; what each drill cost, and what the checker found."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.drills import DRILLS, FIRST
from tests.chaos.fire import STACKS, Report, burn
from tests.chaos.network import enter, inside
from tests.infra.jars import Unavailable, classpath


def main() -> int:
    """Run; 0 where nothing was lost, doubled or leaked and everything came back in time."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--stack", choices=STACKS, action="append", help="only this stack")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"), help="repeats an order")
    parser.add_argument("--only", default="", help="only drills whose name has this in it")
    told = parser.parse_args()
    stacks = [stack for stack in told.stack or STACKS if stack == "embedded" or _servers()]
    if not inside():
        print(f"chaos --seed {told.seed}", flush=True)
        if "--seed" not in sys.argv:
            sys.argv += ["--seed", str(told.seed)]
        print(f"drills that cut and fill are not run: {enter()}", flush=True)
    drills = [drill for drill in (FIRST, *DRILLS) if told.only in drill.name]
    reports = []
    for stack in stacks:
        print(f"\n== {stack}", flush=True)
        began = time.monotonic()
        directory = Path(tempfile.mkdtemp(prefix="atrium-chaos-"))
        report = asyncio.run(burn(stack, told.seed, directory, drills))
        reports.append(report)
        _tell(report, time.monotonic() - began, directory)
    return 0 if all(report.good for report in reports) else 1


def _tell(report: Report, seconds: float, directory: Path) -> None:
    for name, value in report.figures.items():
        print(f"  {name:<40} {value}")
    for name in report.not_run:
        print(f"  not run here: {name}")
    for finding in report.findings[:40]:
        print(f"  {finding.kind.upper():<9} {finding.where}: {finding.what}")
    if report.good:
        print(f"  nothing lost, nothing doubled, nothing leaked ({seconds:.0f} s)", flush=True)
        shutil.rmtree(directory, ignore_errors=True)
    else:
        print(f"  {len(report.findings)} findings; journal and logs are in {directory} ({seconds:.0f} s)", flush=True)


def _servers() -> bool:
    """The jars are fetched before the network is left."""
    try:
        classpath("kafka", "KafkaNode")
        classpath("mongo", "MongoWire")
    except Unavailable as reason:
        print(f"not run: kafka+mongodb ({reason})", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
