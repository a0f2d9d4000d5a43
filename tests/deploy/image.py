"""A service as its image would run it: the image's command, user and environment, over a read-only file system."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/docker/Dockerfile"


@dataclass(slots=True)
class Image:
    """What a stage of the Dockerfile says of running it, the stages below included."""

    entrypoint: list[str] = field(default_factory=list)
    user: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def command(self) -> list[str]:
        """The image's command, with this environment's Python in the place of the image's."""
        interpreter = {"python": sys.executable, "atrium": str(Path(sys.executable).with_name("atrium"))}
        return [interpreter[self.entrypoint[0]], *self.entrypoint[1:]]

    def confined(self) -> list[str]:
        """The command in a private mount whose files can't be written, as the image's user.

        Needs root, as `unshare --mount` does.
        """
        uid, _, gid = self.user.partition(":")
        readonly = "mount -o remount,bind,ro / && "
        switch = f"exec setpriv --reuid={uid} --regid={gid} --clear-groups --no-new-privs --bounding-set=-all "
        shell = readonly + switch + '"$0" "$@"'
        return ["unshare", "--mount", "--propagation=private", "sh", "-c", shell, *self.command()]


def image(target: str) -> Image:
    """The image of a target."""
    stages: dict[str, Image] = {}
    found = Image()
    for line in DOCKERFILE.read_text().replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            below = stages.get(base, Image())
            found = stages[name] = Image(list(below.entrypoint), below.user, dict(below.environment))
        elif word == "ENTRYPOINT":
            found.entrypoint = orjson.loads(rest)
        elif word == "USER":
            found.user = rest
        elif word == "ENV":
            found.environment |= dict(re.findall(r"(\w+)=(\S+)", rest))
    return stages[target]
