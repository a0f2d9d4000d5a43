"""Dashboards and alerts ask for metrics that there are, and every alert is explained."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from atrium_common import metrics
from atrium_common.tallies import Requests, Tally
from deploy.dashboards.__main__ import DASHBOARDS, HERE, files
from tests.deploy.image import ROOT
from tests.deploy.rendered import of_kind, workloads

ALERTS = HERE / "alerts.yaml"
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
# What Prometheus and its Python client bring.
FOREIGN = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"}


def _exposed() -> dict[str, tuple[str, ...]]:
    """The labels of every series that a service exposes, by the series' name."""
    found: dict[str, tuple[str, ...]] = {}
    for each in vars(metrics).values():
        if isinstance(each, MetricWrapperBase | Tally | Requests):
            families = each.describe() if isinstance(each, MetricWrapperBase) else each.collect()
            for family in families:
                labels = each._labelnames if isinstance(each, MetricWrapperBase) else getattr(family, "_labelnames", ())
                for suffix in SUFFIXES[family.type]:
                    found[f"{family.name}{suffix}"] = (*labels, *(("le",) if suffix == "_bucket" else ()))
    return found


def _queries() -> list[str]:
    of_panels = [query for panels in DASHBOARDS.values() for panel in panels for query in panel.queries.values()]
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return of_panels + [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("query", _queries())
def test_every_query_names_metrics_and_labels_that_there_are(query: str) -> None:
    exposed = _exposed()
    names = set(re.findall(r"\b((?:atrium|process)_\w+|up)\b", query))
    assert names, query
    assert names <= exposed.keys() | FOREIGN
    labels = {label for name in names for label in exposed.get(name, ())} | {"job", "instance"}
    asked = {label.strip() for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(",")}
    asked |= set(re.findall(r"[{,](\w+)=", query))
    assert asked <= labels


@pytest.mark.parametrize("query", _queries())
def test_no_query_shows_what_other_programs_on_the_same_prometheus_do(query: str) -> None:
    for name in re.findall(r"\b(?:process_\w+|up)\b", query):
        assert f'{name}{{job=~".*atrium.*"' in query, query


def test_a_process_has_the_same_name_on_dashboards_everywhere() -> None:
    scraped = yaml.safe_load((ROOT / "deploy/docker/prometheus.yaml").read_text())["scrape_configs"][0]
    instances = scraped["static_configs"][0]["targets"]
    (monitor,) = of_kind("overlays/production", "PodMonitor")
    assert "atrium" in scraped["job_name"]
    # The Prometheus operator names the job by namespace and name of the PodMonitor.
    assert "atrium" in monitor["metadata"]["name"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    (relabeling,) = endpoint["relabelings"]
    assert (relabeling["sourceLabels"], relabeling["targetLabel"]) == (["__meta_kubernetes_pod_name"], "instance")
    instances += [f"{each.name}-5d8f7-x2x9z" for each in workloads("overlays/production") if each.serves]
    asked = {re.compile(found) for query in _queries() for found in re.findall(r'instance=~"([^"]+)"', query)}
    for instance in instances:
        assert [each.pattern for each in asked if each.fullmatch(instance)] == [f"{re.split('[-:]', instance)[0]}.*"]


def test_every_metric_is_on_a_dashboard_or_in_an_alert_or_explained() -> None:
    told = "\n".join(_queries()) + (ROOT / "docs/operations.md").read_text()
    for name in _exposed():
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert family in told, family


def test_dashboards_and_rule_are_what_the_generator_makes() -> None:
    for path, text in files().items():
        assert path.read_text() == text, f"{path.name} is out of date: make dashboards"


def test_the_rules_are_sound() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    done = subprocess.run([promtool, "check", "rules", ALERTS], check=False, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()


def test_alerts_ring_for_what_they_name_and_nothing_else() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    told = [promtool, "test", "rules", str(Path(__file__).with_name("alerts.test.yaml"))]
    done = subprocess.run(told, check=False, capture_output=True, timeout=30)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def test_every_alert_is_explained_with_what_to_do() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            assert f"`{rule['alert']}`" in text
            assert rule["labels"]["severity"] in {"page", "ticket"}


def test_no_metric_has_a_label_that_could_hold_an_id_or_a_secret() -> None:
    allowed = "service method route status task topic reactor outcome source code upstream kind scope cause le"
    for name, labels in _exposed().items():
        assert set(labels) <= set(allowed.split()), name
