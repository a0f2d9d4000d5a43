"""Every route of tenancy."""

from __future__ import annotations

from atrium_common.http.route import Route
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.http.api_keys import api_key_routes
from atrium_tenancy.http.internal import internal_routes
from atrium_tenancy.http.invitations import invitation_routes
from atrium_tenancy.http.members import member_routes
from atrium_tenancy.http.namespaces import namespace_routes
from atrium_tenancy.http.teams import team_routes
from atrium_tenancy.http.users import user_routes
from atrium_tenancy.http.workspaces import workspace_routes


def routes(tenancy: Tenancy) -> list[Route]:
    """Every route of the service."""
    return [
        *workspace_routes(tenancy),
        *member_routes(tenancy),
        *team_routes(tenancy),
        *invitation_routes(tenancy),
        *namespace_routes(tenancy),
        *user_routes(tenancy),
        *api_key_routes(tenancy),
        *internal_routes(tenancy),
    ]
