"""The manifests as the cluster would get them: rendered by kustomize, one object each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
K8S = ROOT / "deploy/k8s"
OVERLAYS = ("overlays/dev", "overlays/production")


@dataclass(frozen=True, slots=True)
class Workload:
    """A pod template and the object that makes pods of it."""

    kind: str
    name: str
    labels: dict[str, str]
    selector: dict[str, str]
    pod: dict[str, Any]

    @property
    def containers(self) -> Sequence[dict[str, Any]]:
        """Every container, those that run first included."""
        return [*self.pod.get("initContainers", ()), *self.pod["containers"]]


@cache
def objects(folder: str) -> tuple[dict[str, Any], ...]:
    """The objects of a base or an overlay."""
    kubectl = Path(sys.executable).with_name("kubectl")
    done = subprocess.run([kubectl, "kustomize", K8S / folder], check=True, capture_output=True, timeout=60)
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(folder: str, *kinds: str) -> list[dict[str, Any]]:
    """The objects of these kinds."""
    return [each for each in objects(folder) if each["kind"] in kinds]


def workloads(folder: str) -> Iterator[Workload]:
    """Everything that makes pods."""
    for each in of_kind(folder, "Deployment", "Job"):
        template = each["spec"]["template"]
        selector = each["spec"].get("selector", {}).get("matchLabels", {})
        labels = template["metadata"].get("labels", {})
        yield Workload(each["kind"], each["metadata"]["name"], labels, selector, template["spec"])
