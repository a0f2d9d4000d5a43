"""What is left out of a request, apart from what is sent as null."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias


class _Omitted(Enum):
    OMIT = "omit"


Omit: TypeAlias = Literal[_Omitted.OMIT]
OMIT: Final = _Omitted.OMIT
