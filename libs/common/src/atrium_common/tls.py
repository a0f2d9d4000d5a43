"""TLS on every hop: what a listener shows, what a caller trusts, and certificates renewed under a running process.

TLS 1.2 at least, HTTP/1.1 by ALPN. Every fault names the setting that is wrong and what it should be.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import structlog

from atrium_common.metrics import CERTIFICATE_EXPIRES
from atrium_common.settings import UnfitSetting

log = structlog.get_logger("tls")

HANDSHAKE_SECONDS = 10.0
_LOOK_SECONDS = 10.0


class TlsUnfit(UnfitSetting):
    """A certificate, a key or a CA file can't be used; the text names its setting and says why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate chain and its private key, both PEM, and the settings that name them (for words)."""

    certificate: Path
    key: Path
    settings: str

    def load_into(self, context: ssl.SSLContext) -> None:
        """Have the context show this certificate.

        Raises:
            TlsUnfit: a file can't be read, is no PEM, wants a passphrase, or the two do not belong together.
        """
        try:
            context.load_cert_chain(self.certificate, self.key, password=self._no_passphrase)
        except ssl.SSLError as error:
            why = "do not belong together" if error.reason == "KEY_VALUES_MISMATCH" else "are not both PEM"
            raise TlsUnfit(f"{self.settings}: {self.certificate} and {self.key} {why} ({error.reason})") from error
        except OSError as error:
            unread = next((path for path in (self.certificate, self.key) if not _readable(path)), self.certificate)
            raise TlsUnfit(f"{self.settings}: {unread} can't be read ({error.strerror})") from error

    def content(self) -> bytes:
        """Both files as they are now: what tells that they were renewed."""
        return self.certificate.read_bytes() + self.key.read_bytes()

    def _no_passphrase(self) -> NoReturn:
        raise TlsUnfit(f"{self.settings}: {self.key} wants a passphrase; give a key without one")


class ServedCertificate:
    """What a listener shows, followed over renewals: new connections get the new one, none is cut.

    Attributes:
        context: for the listener.
    """

    def __init__(self, pair: Pair) -> None:
        """Load it.

        Raises:
            TlsUnfit: it can't be used.
        """
        self._pair = pair
        self.context = _server_context()
        pair.load_into(self.context)
        self._shown = pair.content()
        _tell_expiry(self._shown)

    async def follow(self) -> None:
        """Take up a renewed pair within seconds, for ever; one that can't be used leaves the one before in place."""
        seen = self._shown
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                found = self._pair.content()
                if found not in {seen, self._shown}:
                    self.renew()
                seen = found
            except (TlsUnfit, OSError) as error:
                # Perhaps only half of it is written: the next look tells.
                log.warning("the renewed certificate can not be used yet; the one before goes on", reason=str(error))

    def renew(self) -> None:
        """Show what the files hold now.

        Raises:
            TlsUnfit: it can't be used; what was shown before still is.
        """
        found = self._pair.content()
        # Tried on a context of its own first: a pair that does not fit would leave the live one with half of it.
        self._pair.load_into(_server_context())
        self._pair.load_into(self.context)
        self._shown = found
        _tell_expiry(found)
        log.info("the certificate was renewed")


def trusting(ca_file: Path | None, *, setting: str, pair: Pair | None = None) -> ssl.SSLContext:
    """A caller's context: trusts this CA file (without one, the system's CAs), checks names, and may show a pair.

    Raises:
        TlsUnfit: a file can't be used.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(ca_file)
        except ssl.SSLError as error:
            raise TlsUnfit(f"{setting}: {ca_file} holds no PEM certificate ({error.reason})") from error
        except OSError as error:
            raise TlsUnfit(f"{setting}: {ca_file} can't be read ({error.strerror})") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if pair is not None:
        pair.load_into(context)
    return context


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    return context


def _tell_expiry(pem: bytes) -> None:
    from cryptography import x509  # where there is no TLS, nothing else needs it

    CERTIFICATE_EXPIRES.set(x509.load_pem_x509_certificates(pem)[0].not_valid_after_utc.timestamp())


def _readable(path: Path) -> bool:
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True
