"""Figures, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence


def say(what: str, figure: str, wanted: str = "") -> None:
    print(f"{what:<66}{figure:>16}   {wanted}", flush=True)


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")
