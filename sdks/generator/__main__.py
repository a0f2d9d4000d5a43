"""`make sdks`: write the generated files of every SDK from `sdks/api/openapi.json`; with `--check` only compare."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sdks.generator import document, php, python, typescript

SDKS = Path(__file__).parents[1]
OPENAPI = SDKS / "api/openapi.json"


def generated() -> Mapping[Path, str]:
    """Every generated file and what it must hold."""
    api = document.read(json.loads(OPENAPI.read_text()))
    in_python = {SDKS / "python/src/atrium_sdk" / name: _formatted(text) for name, text in python.files(api).items()}
    made = {"javascript": typescript.files(api), "php": php.files(api)}
    return in_python | {SDKS / sdk / name: text for sdk, each in made.items() for name, text in each.items()}


def _formatted(text: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    line = ["--line-length", "120", "--stdin-filename", "generated.py", "-"]
    unused = [ruff, "check", "--isolated", "--select", "F401,I", "--fix-only", "--quiet", *line]
    for command in ([ruff, "format", "--quiet", *line], unused):
        text = subprocess.run(command, input=text, text=True, capture_output=True, check=True).stdout
    return text


def main() -> int:
    """Write, or with `--check` compare; the exit code."""
    stale = []
    for path, text in generated().items():
        if not path.exists() or path.read_text() != text:
            stale.append(path.relative_to(SDKS))
            if "--check" not in sys.argv:
                path.write_text(text)
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(map(str, stale))}: run make sdks", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
