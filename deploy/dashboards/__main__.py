"""`make dashboards`: write the Grafana dashboards and the PrometheusRule; every panel and its query stands here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
RULE = HERE.parent / "k8s/components/monitoring/alerts.yaml"
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph: its title, what it counts, and a query for each line by legend."""

    title: str
    unit: str
    queries: Mapping[str, str]


def _requests(service: str) -> list[Panel]:
    """What every service is asked first: how much, how well, how fast."""
    of = f'service="{service}"'
    return [
        Panel("Requests", "reqps", {"{{status}}": f"sum by (status) (rate(atrium_http_requests_total{{{of}}}[1m]))"}),
        Panel(
            "Time to answer",
            "s",
            {
                f"p{percent}": (
                    f"histogram_quantile({percent / 100},"
                    f" sum by (le) (rate(atrium_http_request_seconds_bucket{{{of}}}[1m])))"
                )
                for percent in (50, 90, 99)
            },
        ),
        Panel(
            "Slowest routes, p99",
            "s",
            {
                "{{method}} {{route}}": (
                    "topk(10, histogram_quantile(0.99, sum by (method, route, le)"
                    f" (rate(atrium_http_request_seconds_bucket{{{of}}}[5m]))))"
                )
            },
        ),
        Panel(
            "Errors",
            "percentunit",
            {
                "5xx": (
                    f'sum(rate(atrium_http_requests_total{{{of},status=~"5.."}}[1m]))'
                    f" / sum(rate(atrium_http_requests_total{{{of}}}[1m]))"
                )
            },
        ),
    ]


def _rate(metric: str, by: str) -> dict[str, str]:
    return {f"{{{{{by}}}}}": f"sum by ({by}) (rate({metric}[1m]))"}


def _processes(service: str) -> list[Panel]:
    """The service's own processes: every program on Prometheus has series of these names."""
    of = f'job=~".*atrium.*",instance=~"{service}.*"'
    return [
        Panel("CPU", "percentunit", {"{{instance}}": f"rate(process_cpu_seconds_total{{{of}}}[1m])"}),
        Panel("Memory", "bytes", {"{{instance}}": f"process_resident_memory_bytes{{{of}}}"}),
        Panel("Open files", "short", {"{{instance}}": f"process_open_fds{{{of}}}"}),
    ]


DASHBOARDS: Mapping[str, Sequence[Panel]] = {
    "gateway": [
        *_requests("gateway"),
        Panel("Refusals", "reqps", _rate("atrium_gateway_refusals_total", "code")),
        Panel("Rate limits", "reqps", _rate("atrium_gateway_rate_limited_total", "scope")),
        Panel("Store operations of limits", "ops", _rate("atrium_gateway_limit_store_operations_total", "kind")),
        Panel("Limits without their store", "short", {"degraded": "max(atrium_gateway_limit_degraded)"}),
        Panel("Keys", "reqps", _rate("atrium_gateway_key_lookups_total", "source")),
        Panel("Key cache", "bytes", {"{{instance}}": "atrium_gateway_key_cache_bytes"}),
        Panel(
            "Revocation lag",
            "s",
            {"p99": "histogram_quantile(0.99, sum by (le) (rate(atrium_gateway_revocation_seconds_bucket[5m])))"},
        ),
        Panel("Idempotency", "reqps", _rate("atrium_gateway_idempotency_total", "outcome")),
        Panel("Failed calls to services", "reqps", _rate("atrium_gateway_upstream_errors_total", "upstream")),
        Panel("Breakers", "short", {"{{upstream}}": "max by (upstream) (atrium_gateway_breaker_open)"}),
        Panel("In flight", "short", {"{{instance}}": "atrium_gateway_in_flight"}),
        Panel("Shed", "reqps", _rate("atrium_gateway_shed_total", "kind")),
        Panel("Clients that hung up", "reqps", {"all": "sum(rate(atrium_gateway_client_closed_total[1m]))"}),
        *_processes("gateway"),
    ],
    "tenancy": [*_requests("tenancy"), *_processes("tenancy")],
    "entitlements": [
        *_requests("entitlements"),
        Panel("Usage totals waiting", "short", {"{{instance}}": "atrium_gateway_metered_waiting"}),
        Panel("Requests metered", "reqps", {"all": "sum(rate(atrium_gateway_metered_requests_total[1m]))"}),
        *_processes("entitlements"),
    ],
    "webhooks": [
        *_requests("webhooks"),
        Panel("Attempts", "ops", _rate("atrium_webhooks_attempts_total", "outcome")),
        Panel(
            "From event to success",
            "s",
            {
                f"p{percent}": (
                    f"histogram_quantile({percent / 100},"
                    " sum by (le) (rate(atrium_webhooks_event_to_success_seconds_bucket[5m])))"
                )
                for percent in (50, 99)
            },
        ),
        Panel("Due", "short", {"{{instance}}": "atrium_webhooks_due"}),
        Panel("Oldest due", "s", {"{{instance}}": "atrium_webhooks_oldest_due_seconds"}),
        Panel("In flight", "short", {"{{instance}}": "atrium_webhooks_in_flight"}),
        Panel("Breakers open", "short", {"{{instance}}": "atrium_webhooks_breakers_open"}),
        Panel(
            "Endpoints disabled",
            "short",
            {"{{cause}}": "sum by (cause) (increase(atrium_webhooks_disabled_total[1h]))"},
        ),
        *_processes("webhooks"),
    ],
    "event-stream": [
        Panel("Relayed", "ops", _rate("atrium_relay_messages_total", "topic")),
        Panel("Commits not yet relayed", "short", {"{{topic}}": "max by (topic) (atrium_relay_lag_commits)"}),
        Panel(
            "Handled",
            "ops",
            {"{{reactor}} {{outcome}}": "sum by (reactor, outcome) (rate(atrium_consumer_messages_total[1m]))"},
        ),
        Panel("Consumers behind", "s", {"{{reactor}}": "max by (reactor) (atrium_consumer_lag_seconds)"}),
        Panel("Lost", "short", {"{{topic}}": "sum by (topic) (increase(atrium_consumer_lost_total[1h]))"}),
        Panel("Parked", "short", {"{{reactor}}": "max by (reactor) (atrium_consumer_parked)"}),
        Panel("Usage totals published", "ops", {"all": "sum(rate(atrium_gateway_metered_messages_total[1m]))"}),
        Panel("Task restarts", "short", {"{{task}}": "sum by (task) (increase(atrium_task_restarts_total[15m]))"}),
    ],
}


def files() -> Mapping[Path, str]:
    """Every file and what it must hold."""
    made = {
        HERE / f"{name}.json": f"{json.dumps(_dashboard(name, panels), indent=1)}\n"
        for name, panels in DASHBOARDS.items()
    }
    return {**made, RULE: _rule()}


def _dashboard(name: str, panels: Sequence[Panel]) -> dict[str, Any]:
    return {
        "uid": f"atrium-{name}",
        "title": f"Atrium: {name.replace('-', ' ')}",
        "tags": ["atrium"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${source}"}
    row, column = divmod(number, _COLUMNS)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend, "datasource": source}
            for index, (legend, query) in enumerate(panel.queries.items())
        ],
    }


def _rule() -> str:
    groups = yaml.safe_load((HERE / "alerts.yaml").read_text())["groups"]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "atrium"},
        "spec": {"groups": groups},
    }
    head = "# Made from deploy/dashboards/alerts.yaml by `make dashboards`; edit that.\n"
    return head + yaml.safe_dump(rule, sort_keys=False, width=120)


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
