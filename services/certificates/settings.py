"""What certificates is told besides what every process is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kit.settings import ServiceSettings, SettingsError, read_secret
from services.certificates.libraries.signing import Key

SANDBOX = "sandbox"


@dataclass(frozen=True)
class CertificatesSettings(ServiceSettings):
    """Which certificate libraries outside may be asked."""

    #: Certificate libraries outside that centers may choose from, as ``name=address`` pairs; the name is what people read,
    #: such as ``省电子证照库=https://example.gov.cn/certificates``. ``name=sandbox`` is one that plays, on sites for learning
    #: (``TONGBAN_EMBEDDED``) only.
    certificate_libraries: tuple[str, ...] = ()
    #: File with a line for each of them: its name, the name that this site has there, and the secret (hex), parted by
    #: blanks. Not for sandboxes.
    certificate_library_keys_file: Path | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for pair in self.certificate_libraries:
            name, equals, address = pair.partition("=")
            wrong = _wrong(address, embedded=self.embedded)
            if not (name.strip() and equals) or wrong:
                raise ValueError(f"TONGBAN_CERTIFICATE_LIBRARIES: {pair!r}: {wrong or 'give name=address'}")

    @property
    def addresses(self) -> dict[str, str]:
        """Where each library is."""
        return dict(pair.split("=", 1) for pair in self.certificate_libraries)

    def library_keys(self) -> dict[str, Key]:
        """The key for each library. Raises ``SettingsError`` where one that isn't a sandbox has none."""
        keys = {}
        if self.certificate_library_keys_file is not None:
            text = read_secret(self.certificate_library_keys_file, "TONGBAN_CERTIFICATE_LIBRARY_KEYS_FILE")
            for line in text.decode().splitlines():
                try:
                    name, key_id, secret = line.split()
                    keys[name] = Key(key_id, bytes.fromhex(secret))
                except ValueError:
                    raise SettingsError(
                        "wrong settings:\n  TONGBAN_CERTIFICATE_LIBRARY_KEYS_FILE: give name, key name and hex secret a line"
                    ) from None
        missing = [name for name, at in self.addresses.items() if at != SANDBOX and name not in keys]
        if missing:
            raise SettingsError(
                f"wrong settings:\n  TONGBAN_CERTIFICATE_LIBRARY_KEYS_FILE: no key for {', '.join(missing)}"
            )
        return keys


def _wrong(address: str, *, embedded: bool) -> str:
    if address == SANDBOX:
        return "" if embedded else "nobody's certificates are in the sandbox; it works in embedded mode only"
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "give an https address, or sandbox"
    if parts.scheme == "http" and not embedded:
        return "what it is asked for must not be read on the way; give an https address"
    return ""
