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
    def serves(self) -> bool:
        """Whether it answers requests or delivers; what operators run does neither."""
        return self.kind == "Deployment" and self.name != "toolbox"

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


def reaches(folder: str, source: str, target: str, port: int) -> bool:
    """Whether the policies let pods of one workload connect to this port of another one's."""
    labels = {each.name: each.labels for each in workloads(folder)}
    return _lets(folder, "egress", labels[source], labels[target], port) and _lets(
        folder, "ingress", labels[target], labels[source], port
    )


def _lets(folder: str, way: str, pod: dict[str, str], other: dict[str, str], port: int) -> bool:
    for policy in of_kind(folder, "NetworkPolicy"):
        if way.capitalize() in policy["spec"]["policyTypes"] and _selects(policy["spec"]["podSelector"], pod):
            for rule in policy["spec"].get(way) or ():
                peers = rule.get("to" if way == "egress" else "from")
                ports = [each["port"] for each in rule.get("ports", ())]
                named = peers is None or any(
                    "namespaceSelector" not in peer and "podSelector" in peer and _selects(peer["podSelector"], other)
                    for peer in peers
                )
                if named and (not ports or port in ports):
                    return True
    return False


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    wanted: dict[str, str] = selector.get("matchLabels", {})
    told = selector.get("matchExpressions", ())
    return wanted.items() <= labels.items() and all(labels.get(each["key"]) in each["values"] for each in told)
