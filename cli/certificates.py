"""X.509 for the line between sites: a key, a certificate of its own, and a request for one that an authority issues.

The only place that loads ``cryptography``, in the operator's process: see docs/decisions, "Certificates are made by the
operator's command".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cli.refusal import Refusal

if TYPE_CHECKING:
    from cryptography import x509

#: How long a site's own certificate lives: our own choice.
LIVES: Final = timedelta(days=1095)


@dataclass(frozen=True)
class LineCertificate:
    """PEM texts of a new line key."""

    key: str
    request: str
    #: Signed with its own key: it serves until an authority has issued one.
    own: str


def make(site: str, hosts: Sequence[str], now: datetime) -> LineCertificate:
    """A new P-256 key (what TLS stacks agree on) with a request and a certificate that name the site and its hosts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, site)])
    names = x509.SubjectAlternativeName([_name(each) for each in dict.fromkeys([site, *hosts])])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIVES)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    return LineCertificate(
        private.decode(),
        request.sign(key, hashes.SHA256()).public_bytes(pem).decode(),
        own.sign(key, hashes.SHA256()).public_bytes(pem).decode(),
    )


def require_issued_for(chain: str, key_text: str, now: datetime) -> None:
    """Raises ``Refusal`` unless the chain's first certificate is of this key and valid now."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        first = x509.load_pem_x509_certificates(chain.encode())[0]
        key = load_pem_private_key(key_text.encode(), None)
    except (ValueError, IndexError) as error:
        raise Refusal("the file holds no certificate in PEM form.") from error
    if first.public_key() != key.public_key():
        raise Refusal("the certificate is of another key; have one issued for this site's tls.csr.")
    if not first.not_valid_before_utc <= now < first.not_valid_after_utc:
        raise Refusal(
            f"the certificate isn't valid now: from {first.not_valid_before_utc} to {first.not_valid_after_utc}."
        )


def require_certificates(text: str) -> None:
    """Raises ``Refusal`` unless a text holds certificates and nothing private."""
    from cryptography import x509

    try:
        x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise Refusal("the authority's file holds no certificate in PEM form.") from error
    if "PRIVATE KEY" in text:
        raise Refusal("the authority's file holds a private key; give its certificate alone.")


def _name(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
