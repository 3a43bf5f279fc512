"""Mutual TLS between the processes of a site: each shows a certificate that the site's own authority signed.

Which name a process answers to is in its certificate; who may call what is decided by the token and the network's
rules, not here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import grpc

from kit.settings import ServiceSettings, SettingsError


@dataclass(frozen=True)
class Tls:
    """A process's certificate chain, its key, and the authority that the other side's certificate must come from."""

    cert_file: Path
    key_file: Path
    ca_file: Path
    #: What the server shows at present.
    _last: list[tuple[bytes, bytes, bytes]] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, settings: ServiceSettings) -> Tls | None:
        """The files that the settings name; ``None`` where they name none. Raises ``SettingsError``."""
        cert, key, ca = settings.tls_cert_file, settings.tls_key_file, settings.tls_ca_file
        if cert is None or key is None or ca is None:
            return None
        tls = cls(cert, key, ca)
        tls.read()
        return tls

    def read(self) -> tuple[bytes, bytes, bytes]:
        """Chain, key and authority as PEM. Raises ``SettingsError`` naming the file that can't be read."""
        found = []
        for name, path in (("CERT", self.cert_file), ("KEY", self.key_file), ("CA", self.ca_file)):
            try:
                text = path.read_bytes()
            except OSError as error:
                raise SettingsError(f"wrong settings:\n  TONGBAN_TLS_{name}_FILE={path}: {error.strerror}") from error
            if b"-----BEGIN " not in text:
                raise SettingsError(f"wrong settings:\n  TONGBAN_TLS_{name}_FILE={path}: no PEM file")
            found.append(text)
        return found[0], found[1], found[2]

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """What a client shows and whom it believes: the certificate as it is when the channel is made."""
        chain, key, ca = self.read()
        return grpc.ssl_channel_credentials(ca, key, chain)

    def server_credentials(self) -> grpc.ServerCredentials:
        """What a server shows, and that it asks for the like; a renewed certificate is taken at the next handshake."""
        self._last[:] = [self.read()]
        return grpc.dynamic_ssl_server_credentials(
            self._configuration(),
            self._renewed,  # type: ignore[arg-type]  # the stubs don't know that it may answer None
            require_client_authentication=True,
        )

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        chain, key, ca = self._last[0]
        return grpc.ssl_server_certificate_configuration([(key, chain)], ca)

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """Asked by gRPC at each handshake; ``None``: as before, also while the files are halfway replaced."""
        try:
            found = self.read()
        except SettingsError:
            return None
        if found == self._last[0]:
            return None
        self._last[:] = [found]
        return self._configuration()
