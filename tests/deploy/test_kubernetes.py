"""What is promised of the manifests: valid, least privilege, probed, drained, reachable only by those who may."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from atrium_common import metrics
from atrium_common.http.body import MAX_BODY
from atrium_common.settings import Settings
from atrium_common.wiring import RETENTION, TOPICS
from atrium_gateway.idempotency import erasure
from atrium_gateway.keys import MOST_BYTES
from atrium_gateway.settings import GatewaySettings
from atrium_local.data_directory import new_secrets
from atrium_local.installation import FORMATS, installation_secrets
from atrium_webhooks.domain.addresses import REFUSED, is_allowed
from atrium_webhooks.settings import WebhooksSettings
from tests.deploy.image import ROOT, image
from tests.deploy.rendered import K8S, OVERLAYS, Workload, objects, of_kind, reaches, workloads

CUSTOM = {
    "PodMonitor", "PrometheusRule", "Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "MongoDBCommunity",
    "Certificate", "Issuer",
}  # fmt: skip
_PROCESS_BYTES = 100 * 1024**2  # docs/operations.md, "Sizing"
_ALL = [(folder.rpartition("/")[2], workload) for folder in OVERLAYS for workload in workloads(folder)]
WORKLOADS = [pytest.param(each, id=f"{folder}-{each.name}") for folder, each in _ALL]
SERVING = [pytest.param(each, id=f"{folder}-{each.name}") for folder, each in _ALL if each.serves]
everywhere = pytest.mark.parametrize("folder", OVERLAYS)


@everywhere
def test_every_object_is_valid_for_the_current_kubernetes(folder: str) -> None:
    kinds = {each["kind"] for each in objects(folder)}
    assert {"Deployment", "Service", "NetworkPolicy", "Ingress", "Job"} <= kinds
    for each in objects(folder):
        if each["kind"] not in CUSTOM:
            kubernetes_validate.validate(each, "1.37", strict=True)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_container_runs_without_root_rights_or_anything_to_write(workload: Workload) -> None:
    context = workload.pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["seccompProfile"]["type"] == "RuntimeDefault"
    assert workload.pod["automountServiceAccountToken"] is False
    assert not any(workload.pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
    assert all(volume.keys() == {"name", "secret"} for volume in workload.pod.get("volumes", ()))
    for container in workload.containers:
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert all(mount["readOnly"] for mount in container.get("volumeMounts", ()))


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_container_is_limited(workload: Workload) -> None:
    for container in workload.containers:
        resources = container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys()
        assert "memory" in resources["limits"]


@pytest.mark.parametrize("workload", SERVING)
def test_every_container_is_probed_on_a_port_that_it_names(workload: Workload) -> None:
    for container in workload.containers:
        ports = {port["name"] for port in container["ports"]}
        assert ports == {"api", "admin"}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] in ports
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


@pytest.mark.parametrize("workload", SERVING)
def test_every_container_listens_where_its_manifest_says(workload: Workload) -> None:
    (container,) = workload.containers
    target = "webhooks" if workload.name.startswith("webhooks-") else workload.name
    assert container["image"].partition(":")[0].endswith(f"atrium/{target}")
    environment = image(target).environment
    ports = {each["name"]: str(each["containerPort"]) for each in container["ports"]}
    assert ports == {"api": environment["ATRIUM_PORT"], "admin": environment["ATRIUM_ADMIN_PORT"]}
    assert environment["ATRIUM_HOST"] == "0.0.0.0"


@pytest.mark.parametrize("workload", SERVING)
def test_a_pod_has_time_for_its_pause_and_its_drain(workload: Workload) -> None:
    settings = of_kind("overlays/production", "ConfigMap")[0]["data"]
    pause = workload.pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    # The process ends what it runs after the drain within 5 s (the process kit's own bound).
    assert workload.pod["terminationGracePeriodSeconds"] >= pause + float(settings["ATRIUM_DRAIN_SECONDS"]) + 5


@pytest.mark.parametrize("workload", WORKLOADS)
def test_secrets_come_by_reference_alone(workload: Workload) -> None:
    for container in workload.containers:
        for variable in container.get("env", ()):
            told = any(word in variable["name"] for word in ("KEY", "SECRET", "PASSWORD", "MONGODB_URL"))
            assert not told or "secretKeyRef" in variable.get("valueFrom", ()) or variable["name"].endswith("_FILE")


@everywhere
def test_no_secret_is_written_into_the_tree(folder: str) -> None:
    assert not of_kind(folder, "Secret")
    for settings in of_kind(folder, "ConfigMap"):
        assert not any("KEY" in name or "MONGODB_URL" in name for name in settings["data"])


@everywhere
def test_only_the_gateway_gets_the_key_that_vouches_for_users(folder: str) -> None:
    for workload in workloads(folder):
        given = {each["secretRef"]["name"] for each in workload.pod["containers"][0]["envFrom"] if "secretRef" in each}
        assert ("atrium-gateway-keys" in given) == (workload.name == "gateway")


@everywhere
def test_every_pod_gets_what_each_service_must_be_given(folder: str) -> None:
    settings = of_kind(folder, "ConfigMap")[0]["data"]
    by_kind = json.loads(FORMATS["kubernetes"](installation_secrets(new_secrets())))["items"]
    secrets = {each["metadata"]["name"]: set(each["stringData"]) for each in by_kind}
    secrets["atrium-stores"] = {"ATRIUM_MONGODB_URL"}
    for workload in workloads(folder):
        (container,) = workload.containers
        given = set(settings) | {each["name"] for each in container.get("env", ())}
        for source in container["envFrom"]:
            given |= secrets[source["secretRef"]["name"]] if "secretRef" in source else set()
        wanted = {"ATRIUM_MONGODB_URL", "ATRIUM_KAFKA_BOOTSTRAP", "ATRIUM_TENANCY_URL", "ATRIUM_ENTITLEMENTS_URL"}
        assert {*wanted, "ATRIUM_WEBHOOKS_URL", *secrets["atrium-service-keys"]} <= given, workload.name
        known = {f"ATRIUM_{name.upper()}" for name in (*GatewaySettings.model_fields, *WebhooksSettings.model_fields)}
        assert given <= known | {"ATRIUM_URL"}, workload.name


def test_mongodb_runs_as_an_account_that_is_there_and_its_address_comes_from_what_its_operator_writes() -> None:
    (mongodb,) = of_kind("overlays/dev", "MongoDBCommunity")
    account = mongodb["spec"]["statefulSet"]["spec"]["template"]["spec"]["serviceAccountName"]
    (role,) = of_kind("overlays/dev", "Role")
    (binding,) = of_kind("overlays/dev", "RoleBinding")
    assert account in {each["metadata"]["name"] for each in of_kind("overlays/dev", "ServiceAccount")}
    assert [(each["kind"], each["name"]) for each in binding["subjects"]] == [("ServiceAccount", account)]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    asked = {(what, verb) for rule in role["rules"] for what in rule["resources"] for verb in rule["verbs"]}
    assert asked == {("secrets", "get"), ("pods", "get"), ("pods", "patch"), ("pods", "delete")}
    (user,) = mongodb["spec"]["users"]
    for workload in workloads("overlays/dev"):
        (url,) = (each for each in workload.containers[0]["env"] if each["name"] == "ATRIUM_MONGODB_URL")
        assert url["valueFrom"]["secretKeyRef"] == {
            "name": user["connectionStringSecretName"], "key": "connectionString.standard"
        }  # fmt: skip
        assert {"secretRef": {"name": "atrium-stores"}} not in workload.containers[0]["envFrom"]


def test_the_production_overlay_names_what_the_command_puts_into_each_secret() -> None:
    head = (ROOT / "deploy/k8s/overlays/production/kustomization.yaml").read_text()
    made = json.loads(FORMATS["kubernetes"](installation_secrets(new_secrets())))["items"]
    assert made
    for secret in made:
        assert f"#   {secret['metadata']['name']}: {', '.join(secret['stringData'])}\n" in head


def test_parts_speak_tls_where_the_components_for_it_are_taken() -> None:
    settings = of_kind("overlays/dev", "ConfigMap")[0]["data"]
    pods = {workload.name: workload for workload in workloads("overlays/dev")}
    issued = {each["spec"]["secretName"]: each["spec"] for each in of_kind("overlays/dev", "Certificate")}
    for name, setting in (
        ("tenancy", "ATRIUM_TENANCY_URL"),
        ("entitlements", "ATRIUM_ENTITLEMENTS_URL"),
        ("webhooks-api", "ATRIUM_WEBHOOKS_URL"),
    ):
        assert settings[setting] == f"https://{name}:8080"
        (shown,) = (each["secret"] for each in pods[name].pod["volumes"] if each["name"] == "tls")
        assert issued[shown["secretName"]]["dnsNames"] == [name]
        given = {each["name"]: each.get("value") for each in pods[name].containers[0]["env"]}
        files = {f"/etc/atrium/tls/{item['path']}" for item in shown["items"]}
        wanted = {given["ATRIUM_TLS_CERT_FILE"], given["ATRIUM_TLS_KEY_FILE"], settings["ATRIUM_SERVICES_CA_FILE"]}
        assert wanted == files
    for pod in pods.values():
        (kafka,) = (each["secret"] for each in pod.pod["volumes"] if each["name"] == "kafka")
        assert settings["ATRIUM_KAFKA_CA_FILE"] == f"/etc/atrium/kafka/{kafka['items'][0]['path']}"
        (password,) = (e for e in pod.containers[0]["env"] if e["name"] == "ATRIUM_KAFKA_SASL_PASSWORD")
        assert password["valueFrom"]["secretKeyRef"]["name"] == settings["ATRIUM_KAFKA_SASL_USERNAME"]
    (kafka,) = of_kind("overlays/dev", "Kafka")
    assert all(listener["tls"] and listener["authentication"] for listener in kafka["spec"]["kafka"]["listeners"])
    # The settings are ones that the services know and accept.
    known = {f"ATRIUM_{name.upper()}" for name in Settings.model_fields}
    assert settings.keys() <= known


@everywhere
def test_every_selector_finds_what_it_is_meant_for(folder: str) -> None:
    pods = list(workloads(folder))
    for workload in pods:
        assert workload.selector.items() <= workload.labels.items()
    for service in of_kind(folder, "Service"):
        found = [pod for pod in pods if service["spec"]["selector"].items() <= pod.labels.items()]
        assert len(found) == 1, service["metadata"]["name"]
        named = {port["name"] for port in found[0].pod["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named
    for budget in of_kind(folder, "PodDisruptionBudget"):
        wanted = budget["spec"]["selector"]["matchLabels"]
        assert any(wanted.items() <= pod.labels.items() for pod in pods), budget["metadata"]["name"]
    for scaler in of_kind(folder, "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]["name"]
        assert any(pod.name == target for pod in pods)
        assert all("replicas" not in each["spec"] for each in of_kind(folder, "Deployment")
                   if each["metadata"]["name"] == target)  # fmt: skip
    accounts = {each["metadata"]["name"] for each in of_kind(folder, "ServiceAccount")} - {"mongodb"}
    assert {pod.pod["serviceAccountName"] for pod in pods if pod.kind == "Deployment"} == accounts


def test_the_gateway_scales_by_requests_and_the_dispatcher_by_how_late_it_is_where_an_adapter_tells_them() -> None:
    lateness = next(iter(metrics.DELIVERIES_DUE_AGE.describe())).name
    more = {"gateway": {"atrium_http_requests_per_second"}, "webhooks-dispatcher": {lateness}}
    # A figure that nobody tells would keep pods from being taken away.
    for folder, by in (("overlays/dev", {}), ("overlays/production", more)):
        scaled = of_kind(folder, "HorizontalPodAutoscaler")
        assert {each["spec"]["scaleTargetRef"]["name"] for each in scaled} == more.keys()
        for each in scaled:
            asked = {
                str(metric.get("pods", metric.get("external", {})).get("metric", metric.get("resource"))["name"])
                for metric in each["spec"]["metrics"]
            }
            assert asked == {"cpu"} | by.get(each["metadata"]["name"], set())
    rules = yaml.safe_load((K8S / "components/scale-by-metrics/prometheus-adapter.yaml").read_text())["rules"]
    series = {"custom": "atrium_http_requests_total", "external": lateness}
    for kind, told in (("custom", "atrium_http_requests_per_second"), ("external", lateness)):
        (rule,) = rules[kind]
        assert rule["seriesQuery"].partition("{")[0] == series[kind]
        assert rule.get("name", {"as": series[kind]})["as"] == told


def test_the_gateways_memory_holds_what_it_remembers_and_big_bodies_in_half_of_its_places() -> None:
    (gateway,) = (each for each in workloads("overlays/production") if each.name == "gateway")
    limit = gateway.containers[0]["resources"]["limits"]["memory"]
    assert limit.endswith("Gi")
    places: int = GatewaySettings.model_fields["most_in_flight"].default
    assert int(limit[:-2]) * 1024**3 >= _PROCESS_BYTES + MOST_BYTES + places // 2 * MAX_BODY


@everywhere
def test_whatever_serves_may_be_drained_node_by_node(folder: str) -> None:
    budgets = [each["spec"] for each in of_kind(folder, "PodDisruptionBudget")]
    for workload in workloads(folder):
        if workload.serves:
            own = [budget for budget in budgets if budget["selector"]["matchLabels"].items() <= workload.labels.items()]
            assert [budget["maxUnavailable"] for budget in own] == [1]


@everywhere
def test_nothing_passes_the_network_that_no_policy_names(folder: str) -> None:
    policies = [each["spec"] for each in of_kind(folder, "NetworkPolicy")]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies


@everywhere
def test_who_calls_whom_may_connect_and_nobody_else(folder: str) -> None:
    calls = {
        "gateway": {"tenancy", "entitlements", "webhooks-api"},
        "tenancy": {"tenancy", "entitlements", "webhooks-api"},
        "entitlements": {"tenancy", "entitlements", "webhooks-api"},
        "webhooks-api": {"tenancy", "entitlements", "webhooks-api"},
        "webhooks-dispatcher": {"tenancy", "entitlements", "webhooks-api"},
        "toolbox": {"tenancy", "gateway"},
        "atrium-migrate": set(),
    }
    names = {each.name for each in workloads(folder)}
    assert calls.keys() == names
    for source, called in calls.items():
        assert {name for name in names if reaches(folder, source, name, 8080)} == called, source
        assert not any(reaches(folder, source, name, 9090) for name in names), source


@everywhere
def test_operators_have_a_place_for_their_commands_that_holds_no_key_that_vouches_and_runs_on_demand(
    folder: str,
) -> None:
    (toolbox,) = (each for each in of_kind(folder, "Deployment") if each["metadata"]["name"] == "toolbox")
    (container,) = toolbox["spec"]["template"]["spec"]["containers"]
    (migrate,) = of_kind(folder, "Job")
    (same,) = migrate["spec"]["template"]["spec"]["containers"]
    assert toolbox["spec"]["replicas"] == 0
    assert (container["image"], container["envFrom"]) == (same["image"], same["envFrom"])
    urls = {each["name"]: each.get("value") for each in container["env"]}
    services = {each["metadata"]["name"]: each["spec"]["ports"][0]["port"] for each in of_kind(folder, "Service")}
    assert urls["ATRIUM_URL"] == "http://gateway"
    assert services["gateway"] == 80


@everywhere
def test_only_the_gateway_is_public(folder: str) -> None:
    for ingress in of_kind(folder, "Ingress"):
        backends = {path["backend"]["service"]["name"] for rule in ingress["spec"]["rules"]
                    for path in rule["http"]["paths"]}  # fmt: skip
        assert backends == {"gateway"}
    for policy in of_kind(folder, "NetworkPolicy"):
        for rule in policy["spec"].get("ingress") or ():
            if not rule.get("from"):
                assert policy["spec"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "gateway"}
                assert [port["port"] for port in rule["ports"]] == [8080]
    assert {each["spec"].get("type", "ClusterIP") for each in of_kind(folder, "Service")} == {"ClusterIP"}


@everywhere
def test_only_webhooks_may_leave_and_never_for_an_address_that_the_sender_refuses(folder: str) -> None:
    blocks = []
    for policy in of_kind(folder, "NetworkPolicy"):
        theirs = "strimzi.io/cluster" in str(policy["spec"]["podSelector"]) or "mongodb-svc" in str(policy["spec"])
        for rule in policy["spec"].get("egress") or ():
            # The operators' own parts reach the API server, whose address no policy can name.
            to_the_api = theirs and {port["port"] for port in rule.get("ports", ())} == {443, 6443}
            assert rule.get("to") or to_the_api, "an egress to everywhere"
            for peer in rule.get("to", ()):
                if "ipBlock" in peer:
                    blocks.append(peer["ipBlock"])
                    values = policy["spec"]["podSelector"]["matchExpressions"][0]["values"]
                    assert set(values) == {"webhooks-api", "webhooks-dispatcher"}
    assert blocks
    for block in blocks:
        for refused in block["except"]:
            assert not is_allowed(str(_first(refused)), ()), refused
    for network in REFUSED:
        # Whatever the sender refuses, the policy refuses too, should the sender be led astray.
        for edge in (network[0], network[-1]):
            assert not any(_opens(block, str(edge)) for block in blocks), network
    for address in ("10.1.2.3", "169.254.169.254", "192.168.0.1", "127.0.0.1", "100.64.0.1", "fd00::1", "fe80::1"):
        assert not any(_opens(block, address) for block in blocks), address
    assert any(_opens(block, "93.184.216.34") for block in blocks)


def test_the_topics_of_the_operator_are_those_of_the_code() -> None:
    topics = {each["metadata"]["name"]: each["spec"] for each in of_kind("overlays/dev", "KafkaTopic")}
    assert topics.keys() >= TOPICS.keys()
    for topic, kept in RETENTION.items():
        assert topics[topic]["config"]["retention.ms"] == str(kept.days * 24 * 3600 * 1000)


def test_the_brokers_are_described_for_an_operator_of_today_and_let_our_user_do_what_the_services_do() -> None:
    made = of_kind("overlays/dev", "Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser")
    assert {each["apiVersion"] for each in made} == {"kafka.strimzi.io/v1"}
    (kafka,) = of_kind("overlays/dev", "Kafka")
    # Each release of the operator refuses versions of Kafka that it does not know.
    assert "version" not in kafka["spec"]["kafka"]
    assert kafka["spec"]["kafka"]["authorization"] == {"type": "simple"}
    (user,) = of_kind("overlays/dev", "KafkaUser")
    acls = user["spec"]["authorization"]["acls"]
    rules = {(rule["resource"]["type"], rule["resource"]["name"]): rule for rule in acls}
    topics = {name for kind, name in rules if kind == "topic"}
    assert topics == TOPICS.keys()
    groups = tuple(name for kind, name in rules if kind == "group")
    for reactor in _reactors():
        assert reactor.startswith(groups), reactor
    for (kind, name), rule in rules.items():
        # A service makes sure at its start that its topics are there.
        wanted = {"topic": {"Create", "Describe", "Read", "Write"}, "group": {"Read"}}
        assert set(rule["operations"]) == wanted[kind]
        assert rule["resource"]["patternType"] == ("literal" if kind == "topic" else "prefix"), name


def _reactors() -> set[str]:
    """The names of all consumers, which are those of their groups, as the services' code has them."""
    made = r'Reactor\(\s*("[^"]+"|[A-Z]+),'
    named = {
        name.strip('"') if name.startswith('"') else str(vars(erasure)[name])
        for path in (ROOT / "services").glob("*/src/**/*.py")
        for name in re.findall(made, path.read_text())
    }
    assert len(named) >= 4
    return named


def _opens(block: dict[str, Any], address: str) -> bool:
    wanted = ipaddress.ip_address(address)
    network = ipaddress.ip_network(block["cidr"])
    return wanted in network and not any(wanted in ipaddress.ip_network(each) for each in block["except"])


def _first(network: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_network(network)[0]
