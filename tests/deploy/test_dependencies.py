"""What is installed is locked: by version and hash, the same everywhere, with nothing that a project wants missing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

import pytest

from tests.deploy.image import ROOT

LOCKS = ("runtime", "tracing", "dev")
PROJECTS = (ROOT / "libs/common", *sorted((ROOT / "services").iterdir()), ROOT / "deploy/local")


def _locked(name: str) -> dict[str, set[str]]:
    """The lines of each package in a lock, by the package's name."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / f"requirements/{name}.txt").read_text().replace("\\\n", " ").splitlines():
        found.setdefault(_name(line), set()).add(" ".join(line.split()))
    return found


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def _wanted(*, extras: bool) -> Iterable[str]:
    for project in PROJECTS:
        told = tomllib.loads((project / "pyproject.toml").read_text())["project"]
        yield from (_name(each) for each in told["dependencies"])
        if extras:
            yield from (_name(each) for extra in told.get("optional-dependencies", {}).values() for each in extra)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_hashes_and_no_host(name: str) -> None:
    for package, lines in _locked(name).items():
        for line in lines:
            assert re.match(r"[a-z0-9._-]+==[0-9][^ ]* (;.* )?--hash=sha256:", line), package
            assert "://" not in line


def test_what_is_tested_is_what_images_install() -> None:
    runtime, tracing, dev = (_locked(name) for name in LOCKS)
    assert runtime.items() <= tracing.items()
    assert tracing.items() <= dev.items()


def test_whatever_a_project_wants_is_locked() -> None:
    ours = {project.name for project in PROJECTS}
    wanted = {name for name in _wanted(extras=False) if name.removeprefix("atrium-") not in ours}
    assert wanted <= _locked("runtime").keys()
    assert {name for name in _wanted(extras=True) if name.removeprefix("atrium-") not in ours} <= _locked(
        "tracing"
    ).keys()
