"""The public event types of tenancy."""

from __future__ import annotations

from pydantic import BaseModel

from atrium_common.eventing.published import PublishedType
from atrium_tenancy import resources

TOPIC = "tenancy.events"

_DESCRIPTIONS: dict[str, tuple[type[BaseModel], dict[str, str]]] = {
    "workspace": (
        resources.Workspace,
        {
            "created": "A workspace was created.",
            "updated": "Name, slug, tier or settings of a workspace changed.",
            "deleted": "A workspace was deleted; it can be restored for 30 days.",
            "restored": "A deleted workspace was brought back.",
            "suspended": "The operator closed a workspace.",
            "unsuspended": "The operator opened a suspended workspace again.",
        },
    ),
    "namespace": (
        resources.Namespace,
        {
            "created": "A namespace was created.",
            "updated": "A namespace changed.",
            "deleted": "A namespace was deleted.",
        },
    ),
    "user": (
        resources.User,
        {"created": "A person became a user.", "updated": "Name, e-mail or tier of a user changed."},
    ),
    "api_key": (
        resources.ApiKey,
        {"created": "An API key was given out.", "revoked": "An API key opens nothing any more."},
    ),
}

PUBLISHED = tuple(
    PublishedType(f"{kind}.{action}", description, kind, model, TOPIC)
    for kind, (model, actions) in _DESCRIPTIONS.items()
    for action, description in actions.items()
)
