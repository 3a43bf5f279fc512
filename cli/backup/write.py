"""``tongban backup``: a running site, as it was at one instant, into one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from cli.backup.container import Writer, writing
from cli.backup.cut import cut
from cli.backup.manifest import MANIFEST, SEAL, Counts, Manifest, fingerprint
from cli.backup.records import encode_position, encode_published, encode_record, parts
from cli.components import COMPONENTS
from cli.site import Site
from kit.blobs.port import Blobs
from kit.errors import NotFound, Unavailable
from kit.settings import ServiceSettings
from kit.snapshot import BusSnapshot, Record, StoreSnapshot
from kit.snapshot_adapters import blobs_source, bus_source, store_sources

#: Whoever keeps documents.
SERVICES: Final = tuple(component.name for component in COMPONENTS if not component.edge)


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup came to."""

    manifest: Manifest
    #: Files that the site itself can't read any more, as ``service/sha256``; they aren't in the archive.
    damaged: Sequence[str]


@dataclass
class _Backup:
    writer: Writer
    counts: Counts = field(default_factory=Counts)
    damaged: list[str] = field(default_factory=list)

    def store(self, service: str, snapshot: StoreSnapshot) -> None:
        counts = self.counts.of(service)
        contents: dict[str, Iterable[Record]] = {
            "documents": snapshot.documents(),
            "marks": snapshot.marks(),
            "numbers": snapshot.numbers(),
            "pending": snapshot.pending(),
        }
        for name, records in contents.items():
            self._add(f"services/{service}/{name}", parts(records, encode_record, counts.count))

    def bus(self, snapshot: BusSnapshot) -> None:
        positions = snapshot.positions()
        self.counts.positions = len(positions)
        self._add("bus/positions", parts(positions, encode_position, lambda _: None))
        for topic in snapshot.topics():

            def seen(_: object, topic: str = topic) -> None:
                self.counts.topics[topic] = self.counts.topics.get(topic, 0) + 1

            self._add(f"bus/events/{topic}", parts(snapshot.events(topic), encode_published, seen))

    def blobs(self, service: str, blobs: Blobs) -> None:
        """After the stores: what they name was whole before them, and only what nobody needs goes away meanwhile."""
        counts = self.counts.of(service)
        for blob in blobs.stored():
            try:
                for _ in blobs.get(blob.sha256):  # read to its end first: a part that is begun can't be taken back
                    pass
            except NotFound:
                continue  # discarded since it was listed; whatever the stores say of it, they discard again
            except Unavailable:
                self.damaged.append(f"{service}/{blob.sha256}")
                continue
            self.writer.stream(f"blobs/{service}/{blob.sha256}", blob.size, blobs.get(blob.sha256))
            counts.blobs += 1
            counts.blob_bytes += blob.size

    def file(self, path: Path) -> None:
        with suppress(FileNotFoundError), path.open("rb") as file:
            size = path.stat().st_size
            self.writer.stream(f"files/{path.name}", size, _first(file, size))

    def _add(self, name: str, contents: Iterator[bytes]) -> None:
        for number, content in enumerate(contents, 1):
            self.writer.add(f"{name}/{number:06}.jsonl.gz", content)


def _first(file: IO[bytes], size: int) -> Iterator[bytes]:
    """So much of a file that may be growing."""
    while size > 0 and (chunk := file.read(min(size, 256 * 1024))):
        size -= len(chunk)
        yield chunk


def back_up(site: Site, settings: ServiceSettings, target: Path) -> Written:
    """Writes an archive of the site. Raises ``Refusal``, ``Unavailable``; then there is no file of that name."""
    stores = store_sources(settings, SERVICES)
    with writing(target) as writer:
        backup = _Backup(writer)
        with cut(stores, bus_source(settings)) as seen:
            for service, snapshot in seen.stores.items():
                backup.store(service, snapshot)
            backup.bus(seen.bus)
        for service in SERVICES:
            with blobs_source(settings, service) as blobs:
                backup.blobs(service, blobs)
        if settings.embedded:
            for path in (site.audit_file, site.sample_file, site.demo_clock_file):
                backup.file(path)
        manifest = Manifest(
            site=settings.site,
            taken_at=seen.taken_at.isoformat(timespec="milliseconds"),
            store=settings.store,
            bus=settings.bus,
            blobs=settings.blobs,
            site_secret=fingerprint(settings.site_secret),
            counts=backup.counts,
            parts=tuple(writer.parts),
        )
        writer.add(MANIFEST, manifest.text())
        writer.add(SEAL, f"{writer.parts[-1].sha256}\n".encode())
    return Written(manifest, backup.damaged)
