"""``tongban restore``: an archive into an empty site, with nothing running."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from cli.backup.check import BLOB_PART, EVENT_PART, FILE_PART, POSITION_PART, STORE_PART, verify
from cli.backup.container import Damaged, reading, whole
from cli.backup.manifest import Manifest, fingerprint, is_newer
from cli.backup.records import DECODERS, decode_position, decode_published, lines_of
from cli.backup.write import SERVICES
from cli.refusal import Refusal
from cli.site import Site, write_durably
from kit.blobs.port import Blobs
from kit.settings import ServiceSettings, SettingsError
from kit.snapshot import BusTarget, Position, Published, StoreTarget
from kit.snapshot_adapters import blobs_target, bus_target, store_target

T = TypeVar("T")

#: Records that are written at a time.
_BATCH: Final = 500
#: The header that names a dead letter.
_LETTER: Final = "dlq_letter"


@dataclass
class Place:
    """Where a restore writes to."""

    stores: Mapping[str, StoreTarget]
    blobs: Mapping[str, Blobs]
    bus: BusTarget
    #: Where each group goes on in the old bus, by topic.
    positions: dict[str, list[Position]] = field(default_factory=lambda: defaultdict(list))
    #: Where each group goes on in the new one: the first event of a partition that it hasn't done.
    first_undone: dict[tuple[str, str, int], int] = field(default_factory=dict)
    #: The adapters that events come from and go to: they number a dead letter differently.
    from_bus: str = "sqlite"
    to_bus: str = "sqlite"
    #: New number of a dead letter by its topic and old one.
    letters: dict[tuple[str, str], str] = field(default_factory=dict)

    def events(self, topic: str, events: Iterable[Published]) -> None:
        """Puts events of one topic onto the bus and remembers which groups have them before them."""
        groups: dict[tuple[str, int], int] = {}
        for each in self.positions[topic]:
            groups[each.group, each.partition] = each.next_offset
        begun = {group for group, _ in groups}
        for batch in _batches(map(self._renumbered, events)):
            for old, (partition, offset) in zip(batch, self.bus.write(batch), strict=True):
                if topic.endswith(".dlq"):
                    self.letters[topic, _number(self.from_bus, old.offset)] = _number(self.to_bus, offset)
                for group in begun:
                    if old.offset >= groups.get((group, old.partition), 0):
                        self.first_undone.setdefault((group, topic, partition), offset)

    def _renumbered(self, event: Published) -> Published:
        """What was done about a dead letter names it by its number (cli/dlq.py), which may be another now."""
        letters, named = event.topic.removesuffix(".handled"), event.headers.get(_LETTER)
        if letters == event.topic or named is None:
            return event
        return replace(event, headers={**event.headers, _LETTER: self.letters.get((letters, named), named)})

    def place(self) -> None:
        """Tells the bus where each group goes on; a group that has done everything, at the end."""
        found: list[Position] = []
        for topic, positions in self.positions.items():
            ends = self.bus.ends(topic)
            for group in sorted({each.group for each in positions}):
                found += [
                    Position(group, topic, partition, self.first_undone.get((group, topic, partition), end))
                    for partition, end in ends.items()
                ]
        self.bus.place(found)


def restore(site: Site, settings: ServiceSettings, source: Path, *, other_secret: bool = False) -> Manifest:
    """Fills the empty site from an archive; what it said of itself. Raises ``Refusal``, ``Unavailable``."""
    manifest = verify(source)
    _check_fit(settings, manifest, other_secret)
    with ExitStack() as opened:
        place = _open(settings, manifest, opened)
        if settings.embedded:
            write_durably(site.restoring_file, source.name)
        _fill(site, place, source, manifest)
    return manifest


def _check_fit(settings: ServiceSettings, manifest: Manifest, other_secret: bool) -> None:
    if is_newer(manifest.release):
        raise Refusal(f"the archive was written by release {manifest.release}, newer than this one; use that release.")
    unknown = sorted(manifest.counts.services.keys() - set(SERVICES))
    if unknown:
        raise Refusal(f"the archive holds services that this release doesn't have: {', '.join(unknown)}.")
    if settings.site != manifest.site:
        raise Refusal(f"the archive is of site {manifest.site!r}, this is {settings.site!r} (TONGBAN_SITE).")
    try:
        secret = fingerprint(settings.site_secret)
    except SettingsError as error:
        raise Refusal(
            f"{error}\nPut the site's secret there first: people are found by what it makes of their numbers."
        ) from error
    if secret != manifest.site_secret and not other_secret:
        raise Refusal(
            f"the site secret in {settings.site_secret_file} is not the one that the archive was made with "
            f"(fingerprint {manifest.site_secret}, here {secret}).\nPut the right one there. Only if it is lost for "
            "good: --accept-other-secret; then nobody's earlier visits are found by their number any more."
        )


def _open(settings: ServiceSettings, manifest: Manifest, opened: ExitStack) -> Place:
    """Where to write to, closed with ``opened``. Raises ``Refusal`` unless there is nothing anywhere."""
    with_files = [service for service, each in manifest.counts.services.items() if each.blobs]
    place = Place(
        {service: opened.enter_context(closing(store_target(settings, service))) for service in SERVICES},
        {service: opened.enter_context(blobs_target(settings, service)) for service in with_files},
        opened.enter_context(closing(bus_target(settings, manifest.bus))),
        from_bus=manifest.bus,
        to_bus=settings.bus,
    )
    lacking = place.bus.lacking(list(manifest.counts.topics))
    if lacking:
        raise Refusal(f"the archive holds events of topics that this release doesn't have: {', '.join(lacking)}.")
    if used := place.bus.in_use():
        raise Refusal(f"services run on this site (groups {', '.join(used)}); stop all of them first.")
    full = [f"documents of {service}" for service, store in place.stores.items() if not store.is_empty()]
    full += [f"files of {service}" for service, blobs in place.blobs.items() if next(blobs.stored(), None)]
    full += [] if place.bus.is_empty() else ["events"]
    if full:
        raise Refusal(
            f"this site isn't empty: there are {', '.join(full)}.\nA backup is restored into an empty site only; "
            "nothing was changed. See docs/operations/backup.md."
        )
    return place


def _fill(site: Site, place: Place, source: Path, manifest: Manifest) -> None:
    expected = {part.name: part.sha256 for part in manifest.parts}
    with reading(source) as reader:
        for name, _, content in reader.parts():
            digest = hashlib.sha256()
            _write(site, place, name, _hashed(content, digest.update))
            if name in expected and digest.hexdigest() != expected[name]:
                raise Damaged(f"{name} has changed while it was read; empty this site again and use another copy.")
    place.place()


def _write(site: Site, place: Place, name: str, content: Iterator[bytes]) -> None:
    if match := STORE_PART.fullmatch(name):
        for batch in _batches(map(DECODERS[match[2]], lines_of(content))):
            place.stores[match[1]].write(batch)
    elif POSITION_PART.fullmatch(name):  # they stand before the events, as they decide what each means to each group
        for position in map(decode_position, lines_of(content)):
            place.positions[position.topic].append(position)
    elif match := EVENT_PART.fullmatch(name):
        topic = match[1]
        place.events(topic, (decode_published(topic, line) for line in lines_of(content)))
    elif match := BLOB_PART.fullmatch(name):
        place.blobs[match[1]].put_back(match[2], content)
    elif match := FILE_PART.fullmatch(name):
        (site.data / match[1]).write_bytes(whole(content))
    else:
        for _ in content:  # the manifest was read before
            pass


def _number(bus: str, offset: int) -> str:
    """A dead letter's number: its position among all events, or its place in its topic's only partition, from 1."""
    return str(offset if bus == "sqlite" else offset + 1)


def _hashed(content: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in content:
        update(chunk)
        yield chunk


def _batches(records: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        yield batch
