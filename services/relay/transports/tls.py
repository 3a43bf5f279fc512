"""Who may open a line: mutual TLS with certificates that the cards of active links name.

The certificates (or the authorities that they come from) stand in the cards, so no other authority is believed. Which
site speaks is proved by its signing key besides, in the line's first frames; the certificate keeps strangers from the
door, and everybody from reading on the way.
"""

from __future__ import annotations

import binascii
import re
import threading
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from kit.errors import Forbidden
from kit.settings import SettingsError

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----")

#: The certificates that each site's card names, by site.
Pins = Mapping[str, Sequence[str]]


class CertificateRefused(Forbidden):
    """A line's certificate is no neighbour's."""


@dataclass(frozen=True)
class OwnCertificate:
    """What this site shows on its lines: files of its identity folder."""

    cert_file: Path
    key_file: Path

    def read(self) -> tuple[bytes, bytes]:
        """Key and chain as PEM. Raises ``SettingsError`` naming the file that can't be read."""
        found = []
        for path in (self.key_file, self.cert_file):
            try:
                text = path.read_bytes()
            except OSError as error:
                raise SettingsError(
                    f"wrong settings:\n  TONGBAN_RELAY_IDENTITY_DIR: {path}: {error.strerror}"
                ) from error
            if b"-----BEGIN " not in text:
                raise SettingsError(f"wrong settings:\n  TONGBAN_RELAY_IDENTITY_DIR: {path}: no PEM file")
            found.append(text)
        return found[0], found[1]


class LineTls:
    """The certificates of this site's lines; cards and files that change are taken at the next handshake."""

    def __init__(self, own: OwnCertificate, pins: Callable[[], Pins]) -> None:
        self._own = own
        self._pins = pins
        self._lock = threading.Lock()
        self._last: tuple[bytes, bytes, bytes] | None = None
        self._known = _Known({})

    def server_credentials(self) -> grpc.ServerCredentials:
        """What the listening end shows, and whom it lets in. Raises ``SettingsError``."""
        self._last = self._read()
        return grpc.dynamic_ssl_server_credentials(
            _configuration(self._last),
            self._renewed,  # type: ignore[arg-type]  # the stubs don't know that it may answer None
            require_client_authentication=True,
        )

    def channel_credentials(self, peer: str) -> grpc.ChannelCredentials:
        """What the dialling end shows, and that it believes this peer only. Raises ``SettingsError``."""
        key, chain = self._own.read()
        return grpc.ssl_channel_credentials(_bundle(self._pins().get(peer, ())) or chain, key, chain)

    def server_name(self, peer: str) -> str:
        """The name that the peer's certificate has to bear: its site id."""
        return peer

    def site_of(self, shown: Mapping[str, Iterable[bytes]]) -> str:
        """The site whose certificate a line's other end showed (gRPC's auth context). Raises ``CertificateRefused``.

        Either it is the very certificate of a card, or an authority of a site's card vouches for that site's name.
        """
        leaf = next((_der(pem) for pem in shown.get("x509_pem_cert", ())), b"")
        names = {name.decode(errors="replace") for name in shown.get("x509_subject_alternative_name", ())}
        known = self._look()
        if leaf in known.sites:
            return known.sites[leaf]
        for site in sorted(names & known.pins.keys()):
            return site
        raise CertificateRefused("certificate_unknown", "连接证书不属于任何已建立链路的站点，请核对站点名片中的证书。")

    def _read(self) -> tuple[bytes, bytes, bytes]:
        key, chain = self._own.read()
        # Without any link nobody is let in but this site itself; an empty list of authorities is no configuration.
        return key, chain, self._look().bundle or chain

    def _look(self) -> _Known:
        """What the cards name now; a hub's thousand aren't decoded anew at each handshake."""
        pins = self._pins()
        known = self._known
        if known.pins != pins:
            known = self._known = _Known(pins)
        return known

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """Asked by gRPC at each handshake; ``None``: as before, also while files are halfway replaced."""
        with self._lock:
            try:
                found = self._read()
            except Exception:  # gRPC would let nobody in any more
                return None
            if found == self._last:
                return None
            self._last = found
            return _configuration(found)


class _Known:
    """The cards' certificates, decoded."""

    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self.bundle = _bundle(each for texts in pins.values() for each in texts)
        #: By the very certificate.
        self.sites = {der: site for site, texts in pins.items() for text in texts if (der := _der(text.encode()))}


def _configuration(read: tuple[bytes, bytes, bytes]) -> grpc.ServerCertificateConfiguration:
    key, chain, authorities = read
    return grpc.ssl_server_certificate_configuration([(key, chain)], authorities)


def _bundle(certificates: Iterable[str]) -> bytes:
    """The sound ones, each once: one that can't be read must not keep the others' sites out."""
    found = dict.fromkeys(text.strip() for text in certificates if _der(text.encode()))
    return "".join(f"{text}\n" for text in found).encode()


def _der(pem: bytes) -> bytes:
    found = _PEM.search(pem)
    if found is None:
        return b""
    try:
        return b64decode(b"".join(found[1].split()), validate=True)
    except binascii.Error:
        return b""


def target_of(endpoint: str) -> str:
    """The gRPC target of a card's endpoint; empty: it isn't one of a line (``grpcs://host:port``)."""
    scheme, _, rest = endpoint.partition("://")
    host, _, port = rest.rstrip("/").rpartition(":")
    return f"{host}:{port}" if scheme == "grpcs" and host and port.isdecimal() and 0 < int(port) < 65536 else ""


def auth_of(context: Any) -> dict[str, list[bytes]]:
    """What the other end of a gRPC call showed at the handshake."""
    return {name: list(values) for name, values in (context.auth_context() or {}).items()}
