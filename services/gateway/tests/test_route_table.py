import pytest

from atrium_common.errors import EndpointNotFound, MethodNotAllowed
from atrium_gateway.route_table import RouteTable

TABLE = RouteTable()


@pytest.mark.parametrize(
    ("method", "path", "upstream", "scope"),
    [
        ("GET", "/api/v1/workspaces", "tenancy", "workspaces:read"),
        ("HEAD", "/api/v1/workspaces/wks_1", "tenancy", "workspaces:read"),
        ("POST", "/api/v1/workspaces/batch", "tenancy", ""),
        ("POST", "/api/v1/namespaces/ns_1/entitlements/check", "entitlements", "entitlements:read"),
        ("POST", "/api/v1/webhooks/wh_1/deliveries/del_1/retry", "webhooks", "webhooks:write"),
    ],
)
def test_a_request_finds_its_service_and_scope(method: str, path: str, upstream: str, scope: str) -> None:
    entry = TABLE.find(method, path)
    assert (entry.upstream, entry.scope) == (upstream, scope)


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1", "/api/v1/none", "/api/v1/workspaces//x"])
def test_an_unknown_path_is_not_found(path: str) -> None:
    with pytest.raises(EndpointNotFound):
        TABLE.find("GET", path)


def test_an_unknown_version_names_the_supported_ones() -> None:
    with pytest.raises(EndpointNotFound) as refusal:
        TABLE.find("GET", "/api/v2/workspaces")
    assert refusal.value.supported_versions == ("v1",)


def test_another_method_names_the_possible_ones() -> None:
    with pytest.raises(MethodNotAllowed) as refusal:
        TABLE.find("PUT", "/api/v1/workspaces/wks_1")
    assert refusal.value.allowed == ["DELETE", "GET", "HEAD", "PATCH"]
