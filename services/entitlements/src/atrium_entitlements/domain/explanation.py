"""Why: every level of a cascade with its packages, boosts and grants, and the one that answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSON, JSONObject
from atrium_entitlements.domain import verdict
from atrium_entitlements.domain.catalogue import Feature
from atrium_entitlements.domain.grants import consumed
from atrium_entitlements.domain.periods import Period
from atrium_entitlements.domain.standing import Node, View, cascade, nodes_of


def explain(views: Sequence[View], chain: Sequence[Feature], *, at: datetime, zone: str) -> JSONObject:
    """The answer to a check of one, and what it comes from."""
    found = cascade(views, chain, at=at, zone=zone)
    answering = {standing.view.level.name for standing in found.standings}
    answer = verdict.answer(found, 1)
    levels: list[JSON] = [
        {
            "level": view.level.name,
            "holder_id": view.level.account,
            "tier": view.level.tier,
            "answers": view.level.name in answering,
            "blocked": dict(view.grants.blocked) if view.grants.blocked else None,
            "packages": _packages(view, chain, at),
            "boosts": _boosts(view, chain, at),
            "nodes": _nodes(view, chain, at, zone),
        }
        for view in views
    ]
    return {
        "feature": found.feature.code,
        "type": found.feature.type,
        "unit": found.feature.unit,
        "level": found.standings[0].view.level.name if found.standings else None,
        "allowed": answer["allowed"],
        "reason": answer["reason"],
        "message": answer["message"],
        **verdict.summary(found),
        "as_of": rfc3339(at),
        "pools": [feature.code for feature in chain[1:]],
        "levels": levels,
    }


def _packages(view: View, chain: Sequence[Feature], at: datetime) -> list[JSON]:
    codes = [feature.code for feature in chain]
    packages: list[JSON] = [
        {
            "id": entitlement_id,
            "package": entitlement.given.package,
            "package_version": entitlement.given.package_version,
            "status": entitlement.status(at),
            "in_force": entitlement.status(at) == "active" and at in entitlement.period and not view.grants.blocked,
            "limits": {code: entitlement.given.limits[code] for code in codes if code in entitlement.given.limits},
            "period": _period(entitlement.period),
        }
        for entitlement_id, entitlement in view.grants.entitlements.items()
        if any(code in entitlement.given.limits for code in codes)
    ]
    return packages


def _boosts(view: View, chain: Sequence[Feature], at: datetime) -> list[JSON]:
    codes = {feature.code for feature in chain}
    boosts: list[JSON] = [
        {
            "id": boost_id,
            "feature": boost.made.feature,
            "type": boost.made.kind,
            "duration": boost.made.duration,
            "quantity": boost.made.quantity,
            "status": boost.status(at),
            "period": _period(boost.period),
        }
        for boost_id, boost in view.grants.boosts.items()
        if boost.made.feature in codes
    ]
    return boosts


def _nodes(view: View, chain: Sequence[Feature], at: datetime, zone: str) -> list[JSON]:
    """The feature and its pools on this level: used, and the grants in the order in which they are consumed."""
    return [_node(node) for node in nodes_of(view, chain, at=at, zone=zone)]


def _node(node: Node) -> JSONObject:
    grants: list[JSON] = [
        {
            "source": each.grant.source,
            "id": each.grant.id or None,
            "label": each.grant.label,
            "quantity": each.grant.quantity,
            "used": each.used,
            "remaining": each.remaining,
            "period": None if each.grant.period is None else _period(each.grant.period),
        }
        for each in consumed(node.grants, node.used)
    ]
    return {
        "feature": node.feature.code,
        "granted": node.limit if node.grants else 0,
        "used": node.used,
        "held": node.held,
        "available": node.available,
        "overage": node.overage,
        "cycle": None if node.cycle is None else _period(node.cycle),
        "grants": grants,
    }


def _period(period: Period) -> JSONObject:
    return {"start": rfc3339(period.start), "end": None if period.end is None else rfc3339(period.end)}
