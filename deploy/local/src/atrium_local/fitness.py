"""What can be told of settings before anything starts: keys that are none, and files that can't be used."""

from __future__ import annotations

from collections.abc import Mapping

from atrium_common import tracing
from atrium_common.eventing.vault import MasterKeys
from atrium_common.principal import PrincipalKeys
from atrium_common.process import served_certificate
from atrium_common.settings import Settings
from atrium_common.tls import trusting
from atrium_common.wiring import services_tls
from atrium_webhooks.settings import WebhooksSettings


def check_keys(secrets: Mapping[str, str]) -> None:
    """Look at the keys that are set, by the names of their settings.

    Raises:
        ValueError: they are malformed; the text names the setting and repeats nothing of its value.
    """
    if sealing := secrets["ATRIUM_SEALING_KEYS"]:
        MasterKeys.parse(sealing)
    if principals := secrets["ATRIUM_PRINCIPAL_KEYS"]:
        PrincipalKeys.parse(principals)


def check_files(settings: Settings) -> None:
    """Look at what the settings name on this machine: certificates, keys, CA files, packages.

    Raises:
        ValueError: something is missing or can't be used; the text names the setting.
    """
    served_certificate(settings)
    services_tls(settings)
    tracing.check(settings)
    if isinstance(settings, WebhooksSettings) and settings.webhooks_ca_bundle is not None:
        trusting(settings.webhooks_ca_bundle, setting="ATRIUM_WEBHOOKS_CA_BUNDLE")
    if settings.kafka_bootstrap is not None:
        from atrium_common.bus.kafka_security import KafkaSecurity

        KafkaSecurity.of(settings)
    if settings.mongodb_url is not None:
        from atrium_common.store.mongo.driver import check_tls

        check_tls(settings.mongodb_ca_file, settings.mongodb_cert_file)
