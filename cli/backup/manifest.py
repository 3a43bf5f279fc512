"""What an archive says of itself: where it is from, how much is in it, and the SHA-256 of each of its parts."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any, Final

from cli.backup.container import Damaged, Part
from kit.snapshot import Record, StoredDocument, StoredEvent, StoredMark, StoredNumber

#: Version of the archive's layout; a newer one is not read.
FORMAT: Final = 1
#: The last two parts: the manifest, and its own SHA-256.
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"

#: What has to be kept elsewhere, as whoever has it can act as anybody or find people by their number.
NOT_INCLUDED: Final = (
    "the site secret (TONGBAN_SITE_SECRET_FILE): the same one is needed again, its fingerprint is below",
    "the actor key pair (TONGBAN_PRIVATE_KEY_FILE, TONGBAN_PUBLIC_KEY_FILE): a new pair will do",
    "passwords, certificates and settings of MongoDB, Kafka and the web server",
)


def release() -> str:
    """The release of this program."""
    return version("tongban")


def is_newer(other: str) -> bool:
    """Whether a release is newer than this program's, so that it may have written what this one can't read."""
    return _parts(other) > _parts(release())


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in text.split("."))


def fingerprint(secret: bytes) -> str:
    """Tells a site secret from another without giving it away."""
    return hmac.new(secret, b"tongban backup", hashlib.sha256).hexdigest()[:16]


@dataclass
class ServiceCounts:
    """How much of one service is in an archive; schema versions by kind, as ``{kind: {version: documents}}``."""

    documents: dict[str, int] = field(default_factory=dict)
    schema_versions: dict[str, dict[str, int]] = field(default_factory=dict)
    marks: int = 0
    numbers: int = 0
    pending: int = 0
    blobs: int = 0
    blob_bytes: int = 0

    def count(self, record: Record) -> None:
        """One more."""
        match record:
            case StoredDocument(document):
                self.documents[document.kind] = self.documents.get(document.kind, 0) + 1
                versions = self.schema_versions.setdefault(document.kind, {})
                versions[str(document.schema_version)] = versions.get(str(document.schema_version), 0) + 1
            case StoredMark():
                self.marks += 1
            case StoredNumber():
                self.numbers += 1
            case StoredEvent():
                self.pending += 1


@dataclass
class Counts:
    """How much is in an archive."""

    services: dict[str, ServiceCounts] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    positions: int = 0

    def of(self, service: str) -> ServiceCounts:
        """One service's."""
        return self.services.setdefault(service, ServiceCounts())

    def summary(self) -> str:
        """In one line, for a person."""
        total: Counter[str] = Counter()
        for each in self.services.values():
            total["documents"] += sum(each.documents.values())
            total["files"] += each.blobs
            total["marks"] += each.marks
            total["pending"] += each.pending
        return (
            f"{total['documents']} documents of {len(self.services)} services, {total['files']} files, "
            f"{sum(self.topics.values())} events of {len(self.topics)} topics ({total['pending']} to be published), "
            f"{total['marks']} marks"
        )


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself; ``taken_at`` is the instant that it shows (ISO 8601, real time)."""

    site: str
    taken_at: str
    store: str
    bus: str
    blobs: str
    site_secret: str
    counts: Counts
    parts: tuple[Part, ...]
    release: str = field(default_factory=release)
    format: int = FORMAT
    not_included: tuple[str, ...] = NOT_INCLUDED

    def text(self) -> bytes:
        """As it stands in the archive."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def parse(cls, text: bytes) -> Manifest:
        """The manifest that this is. Raises ``Damaged``, or ``Refusal`` for a newer format."""
        try:
            said: dict[str, Any] = json.loads(text)
            if said["format"] != FORMAT:
                raise Damaged(f"the archive has format {said['format']}, this program reads {FORMAT}; use its release.")
            services = {name: ServiceCounts(**each) for name, each in said["counts"]["services"].items()}
            counts = Counts(services, said["counts"]["topics"], said["counts"]["positions"])
            parts = tuple(Part(**part) for part in said["parts"])
            return cls(**{**said, "counts": counts, "parts": parts, "not_included": tuple(said["not_included"])})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"{MANIFEST} can't be read: {error}") from error
