"""``tongban verify``: reads the whole of an archive and holds it against what it says of itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cli.backup.container import Damaged, Part, reading, whole
from cli.backup.manifest import MANIFEST, SEAL, Counts, Manifest
from cli.backup.records import DECODERS, decode_position, decode_published, lines_of

#: ``services/<service>/<what>/<number>.jsonl.gz``
STORE_PART: Final = re.compile(r"services/([a-z_]+)/(documents|marks|numbers|pending)/\d{6}\.jsonl\.gz")
#: ``bus/events/<topic>/<number>.jsonl.gz``
EVENT_PART: Final = re.compile(r"bus/events/([A-Za-z0-9._-]+)/\d{6}\.jsonl\.gz")
#: ``bus/positions/<number>.jsonl.gz``
POSITION_PART: Final = re.compile(r"bus/positions/\d{6}\.jsonl\.gz")
#: ``blobs/<service>/<sha256>``
BLOB_PART: Final = re.compile(r"blobs/([a-z_]+)/([0-9a-f]{64})")
#: ``files/<name>``
FILE_PART: Final = re.compile(r"files/(audit\.log|sample\.json|demo_clock)")

#: How many damages are told; more tell nothing more.
_TOLD: Final = 10


@dataclass
class _Check:
    counts: Counts = field(default_factory=Counts)
    parts: list[Part] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def part(self, name: str, size: int, content: Iterator[bytes]) -> None:
        """Reads one part to its end."""
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for chunk in content:
                digest.update(chunk)
                yield chunk

        chunks = hashed()
        try:
            self._look_into(name, size, chunks)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.wrong.append(f"{name} can't be read: {error}")
        for _ in chunks:  # whatever was left of a damaged one
            pass
        found = digest.hexdigest()
        blob = BLOB_PART.fullmatch(name)
        if blob and blob[2] != found:
            self.wrong.append(f"{name} holds another file, {found}")
        self.parts.append(Part(name, size, found))

    def _look_into(self, name: str, size: int, chunks: Iterator[bytes]) -> None:
        if match := STORE_PART.fullmatch(name):
            decode, counts = DECODERS[match[2]], self.counts.of(match[1])
            for line in lines_of(chunks):
                counts.count(decode(line))
        elif match := EVENT_PART.fullmatch(name):
            for line in lines_of(chunks):
                decode_published(match[1], line)
                self.counts.topics[match[1]] = self.counts.topics.get(match[1], 0) + 1
        elif POSITION_PART.fullmatch(name):
            for line in lines_of(chunks):
                decode_position(line)
                self.counts.positions += 1
        elif match := BLOB_PART.fullmatch(name):
            counts = self.counts.of(match[1])
            counts.blobs += 1
            counts.blob_bytes += size
        elif not FILE_PART.fullmatch(name):
            self.wrong.append(f"{name} is no part of an archive")

    def against(self, manifest: Manifest) -> None:
        """Holds what was read against what should be there."""
        said, found = {part.name: part for part in manifest.parts}, {part.name: part for part in self.parts}
        self.wrong += [f"{name} is missing" for name in said if name not in found]
        self.wrong += [f"{name} is not in the manifest" for name in found if name not in said]
        for name in said.keys() & found.keys():
            if said[name] != found[name]:
                self.wrong.append(f"{name} is damaged: its SHA-256 is {found[name].sha256}, not {said[name].sha256}")
        if not self.wrong and list(said) != list(found):
            self.wrong.append("the parts stand in another order")
        for service in manifest.counts.services:
            self.counts.of(service)  # one without anything in it has no parts
        if not self.wrong and self.counts != manifest.counts:
            self.wrong.append("the numbers of records differ from those in the manifest")


def verify(path: Path) -> Manifest:
    """The manifest of a sound archive. Raises ``Damaged`` naming what is wrong, ``Refusal`` when it can't be read."""
    check = _Check()
    text = seal = b""
    with reading(path) as reader:
        for name, size, content in reader.parts():
            if seal or (text and name != SEAL):
                raise Damaged(f"{path} is damaged: {name} stands behind {SEAL if seal else MANIFEST}.")
            if name == MANIFEST:
                text = whole(content)
            elif name == SEAL:
                seal = whole(content) or b"?"
            else:
                check.part(name, size, content)
    if not text or not seal:
        raise Damaged(f"{path} is no whole backup: {SEAL if text else MANIFEST} is missing.{_first(check.wrong)}")
    if seal.decode(errors="replace").strip() != hashlib.sha256(text).hexdigest():
        raise Damaged(f"{path} is damaged: {MANIFEST} and {SEAL} don't fit each other.{_first(check.wrong)}")
    manifest = Manifest.parse(text)
    check.against(manifest)
    if check.wrong:
        raise Damaged(f"{path} is damaged:{_first(check.wrong)}")
    return manifest


def _first(wrong: list[str]) -> str:
    more = f"\n  and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
    return "".join(f"\n  {each}" for each in wrong[:_TOLD]) + more
