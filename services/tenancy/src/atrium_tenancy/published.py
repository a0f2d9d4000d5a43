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
            "updated": "Name, slug, tier, settings or owner of a workspace changed.",
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
        {
            "created": "A person became a user.",
            "updated": "Name, e-mail, tier or the e-mail's verification of a user changed.",
            "deleted": "A user was erased; `forgets` names whose personal data is to be forgotten everywhere.",
        },
    ),
    "member": (
        resources.Member,
        {
            "added": "A user joined a workspace.",
            "updated": "Role, team or permissions of a member changed.",
            "removed": "A user left a workspace, or was removed from it.",
        },
    ),
    "team": (
        resources.Team,
        {
            "created": "A team was created.",
            "updated": "Name, description or permissions of a team changed.",
            "deleted": "A team was deleted.",
        },
    ),
    "invitation": (
        resources.Invitation,
        {
            "created": "Somebody was invited to a workspace.",
            "accepted": "An invitation was accepted.",
            "revoked": "An invitation was taken back.",
        },
    ),
    "api_key": (
        resources.ApiKey,
        {
            "created": "An API key was given out.",
            "updated": "What an API key may do, or until when, changed.",
            "rotated": "Another API key took the place of this one, which ends when the grace does.",
            "revoked": "An API key opens nothing any more.",
            "expired": "The time of an API key was over.",
        },
    ),
}

PUBLISHED = tuple(
    PublishedType(f"{kind}.{action}", description, kind, model, TOPIC)
    for kind, (model, actions) in _DESCRIPTIONS.items()
    for action, description in actions.items()
)
