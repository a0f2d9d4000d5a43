"""The jars of the servers: fetched by Maven, checked against the checksums in the tree, kept outside of it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_FETCH_SECONDS = 600


class Unavailable(Exception):
    """This server can't be had here; the text says why."""


def cache() -> Path:
    """Where jars and compiled launchers are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atrium" / "infra"


def classpath(kind: str, launcher: str) -> str:
    """The class path of a server's jars (`kafka` or `mongo`) and its compiled launcher.

    Raises:
        Unavailable: Java or Maven is missing, the jars can't be fetched, or they are not the expected ones.
    """
    for tool in ("java", "javac"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is not installed (Debian: openjdk-17-jdk-headless)")
    digest = hashlib.sha256((HERE / "pom.xml").read_bytes() + (HERE / f"{launcher}.java").read_bytes()).hexdigest()
    folder = cache() / f"{kind}-{digest[:12]}"
    with _one_at_a_time():
        if not (folder / "complete").exists():
            _fetch(kind, folder)
            _verify(kind, folder)
            command = ["javac", "-cp", f"{folder}/*", "-d", str(folder), str(HERE / f"{launcher}.java")]
            subprocess.run(command, check=True, timeout=_FETCH_SECONDS)
            (folder / "complete").touch()
    return f"{folder}{os.pathsep}{folder}/*"


def record(kind: str) -> str:
    """The checksums of the jars as they are fetched now, in the form of the file in the tree."""
    folder = cache() / f"{kind}-new"
    _fetch(kind, folder)
    lines = [f"{_sha256(jar)}  {jar.name}" for jar in sorted(folder.glob("*.jar"))]
    shutil.rmtree(folder)
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Among all test runs and workers of this user."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(kind: str, folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise Unavailable("Maven is not installed (Debian: maven)")
    print(f"fetching the jars of {kind} (once) …", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), f"-P{kind}", _PLUGIN, f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, check=False, timeout=_FETCH_SECONDS, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"Maven could not fetch the jars of {kind}: {(done.stdout or done.stderr)[-500:]}")


def _verify(kind: str, folder: Path) -> None:
    listed = (line.split("  ") for line in (HERE / f"{kind}.sha256").read_text().splitlines())
    expected = {name: checksum for checksum, name in listed}
    found = {jar.name: _sha256(jar) for jar in folder.glob("*.jar")}
    if found != expected:
        wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        shutil.rmtree(folder)
        raise Unavailable(f"these jars are not the expected ones: {', '.join(wrong)}")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
