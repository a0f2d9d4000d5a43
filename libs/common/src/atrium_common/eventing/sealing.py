"""Sealing: how a value is made unreadable at rest, and forgotten."""

from __future__ import annotations

from typing import Protocol

from atrium_common.jsontypes import JSON


class Sealing(Protocol):
    """Seals what is marked `Personal` inside JSON, and opens it again, under one key for each subject."""

    async def seal(self, value: JSON) -> JSON:
        """`value` with every marked personal value replaced by its sealed form; creates subjects' keys as needed."""
        ...

    async def open(self, value: JSON) -> JSON:
        """`value` with every sealed value marked in the clear again, or as None where its subject was forgotten."""
        ...

    async def forget(self, subject: str) -> None:
        """Destroy the subject's key for good: what was sealed under it is None from now on, everywhere."""
        ...
