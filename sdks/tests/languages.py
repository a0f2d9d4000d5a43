"""How a program of each language is run beside its SDK."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SDKS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the SDKs.

    Attributes:
        folder: of its SDK.
        fence: how its README marks snippets.
        command: what runs a program; it must be found, or the language is not tested.
        head: what a program begins with.
        ending: of a program's file.
    """

    folder: str
    fence: str
    command: str
    head: str
    ending: str

    @property
    def is_here(self) -> bool:
        """Whether it can be run on this machine."""
        return shutil.which(self.command) is not None

    def program(self, name: str) -> Path:
        """A program beside the SDK's tests."""
        return next((SDKS / self.folder).glob(f"test*/{name}{self.ending}"))

    def snippets(self) -> str:
        """The README's snippets, one program after the other."""
        text = (SDKS / self.folder / "README.md").read_text()
        return self.head + "\n".join(re.findall(rf"```{self.fence}\n(.*?)```", text, re.DOTALL))

    def run(self, program: Path, environment: Mapping[str, str], *, seconds: float = 90) -> str:
        """What the program prints.

        Raises:
            AssertionError: it fails; the text has all that it said.
        """
        done = subprocess.run(
            [self.command, str(program)],
            cwd=SDKS / self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


_PHP_HEAD = "<?php\ndeclare(strict_types=1);\nrequire __DIR__ . '/tests/bootstrap.php';\n"
PYTHON = Language("python", "python", sys.executable, "", ".py")
JAVASCRIPT = Language("javascript", "js", "node", "", ".mjs")
PHP = Language("php", "php", "php", _PHP_HEAD, ".php")
LANGUAGES = (PYTHON, JAVASCRIPT, PHP)
