import pytest

from atrium_common.errors import EndpointNotFound, MethodNotAllowed
from atrium_gateway.route_table import TABLE, Entry
from atrium_gateway.routing import Router

ROUTER = Router()


@pytest.mark.parametrize(
    ("method", "path", "upstream", "scope"),
    [
        ("GET", "/api/v1/workspaces", "tenancy", "workspaces:read"),
        ("HEAD", "/api/v1/workspaces/wks_1", "tenancy", "workspaces:read"),
        ("POST", "/api/v1/workspaces/batch", "tenancy", ""),
        ("POST", "/api/v1/workspaces/wks_1/suspend", "tenancy", "admin:*"),
        ("PATCH", "/api/v1/workspaces/wks_1/teams/team_1", "tenancy", "members:write"),
        ("DELETE", "/api/v1/workspaces/wks_1/invitations/inv_1", "tenancy", "members:delete"),
        ("POST", "/api/v1/invitations/accept", "tenancy", "members:write"),
        ("GET", "/api/v1/user", "tenancy", ""),
        ("POST", "/api/v1/api-keys/key_1/rotate", "tenancy", "api-keys:write"),
        ("POST", "/api/v1/namespaces/ns_1/entitlements/check", "entitlements", "entitlements:read"),
        ("GET", "/api/v1/entitlements/check", "entitlements", "entitlements:read"),
        ("GET", "/api/v1/entitlements/ent_1", "entitlements", "entitlements:read"),
        ("POST", "/api/v1/entitlements/preview", "entitlements", "entitlements:read"),
        ("POST", "/api/v1/entitlements", "entitlements", "admin:*"),
        ("POST", "/api/v1/entitlements/usage", "entitlements", "usage:write"),
        ("POST", "/api/v1/entitlements/reservations/rsv_1/commit", "entitlements", "usage:write"),
        ("GET", "/api/v1/features", "entitlements", "packages:read"),
        ("POST", "/api/v1/features", "entitlements", "admin:*"),
        ("GET", "/api/v1/boosts", "entitlements", "entitlements:read"),
        ("POST", "/api/v1/webhooks/wh_1/deliveries/del_1/retry", "webhooks", "webhooks:write"),
        ("GET", "/api/v1/webhooks/wh_1/replays/rpl_1", "webhooks", "webhooks:read"),
    ],
)
def test_a_request_finds_its_service_and_scope(method: str, path: str, upstream: str, scope: str) -> None:
    entry = ROUTER.find(method, path).entry
    assert (entry.upstream, entry.scope) == (upstream, scope)


def test_values_in_the_path_are_found_by_name() -> None:
    found = ROUTER.find("GET", "/api/v1/webhooks/wh_1/deliveries/del_1")
    assert found.params == {"webhook_id": "wh_1", "delivery_id": "del_1"}


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1", "/api/v1/none", "/api/v1/workspaces//x", "/api/v1/user/"])
def test_an_unknown_path_is_not_found(path: str) -> None:
    with pytest.raises(EndpointNotFound):
        ROUTER.find("GET", path)


def test_an_unknown_version_names_the_supported_ones() -> None:
    with pytest.raises(EndpointNotFound) as refusal:
        ROUTER.find("GET", "/api/v2/workspaces")
    assert refusal.value.supported_versions == ("v1",)


def test_another_method_names_the_possible_ones() -> None:
    with pytest.raises(MethodNotAllowed) as refusal:
        ROUTER.find("PUT", "/api/v1/workspaces/wks_1")
    assert refusal.value.allowed == ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"]


def test_no_operation_has_two_lines() -> None:
    with pytest.raises(ValueError, match="two lines"):
        Router([*TABLE, Entry("GET", "/api/v1/workspaces/{id}", "tenancy")])


def test_only_accepting_an_invitation_needs_no_key() -> None:
    assert [entry.template for entry in TABLE if entry.keyless] == ["/api/v1/invitations/accept"]


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: f"{entry.method} {entry.template}")
def test_every_operation_needs_a_scope_unless_it_is_for_any_key(entry: Entry) -> None:
    assert entry.scope or entry.batch or entry.template == "/api/v1/user"
