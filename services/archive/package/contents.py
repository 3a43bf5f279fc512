"""A file's contents list as it stands in a package, and back, so that its chain of hashes can be counted anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kit.clock import from_ms, to_ms
from services.archive.domain.case_file import CaseFile
from services.archive.domain.entries import Entry, EntryKind, Origin
from services.archive.domain.hand_over import Line


def contents_text(file: CaseFile, line: Line, paths: Mapping[int, str]) -> str:
    """The whole list up to the last line that goes; ``paths`` says where in the package a line's content is."""
    said = {
        "id": file.id,
        "number": file.number,
        "center": file.center_id,
        "item": [file.item_id, file.item_name],
        "applicant": [file.person.name, file.person.id_number],
        "opened_at": to_ms(file.opened_at),
        "closed_at": 0 if file.closed_at is None else to_ms(file.closed_at),
        "retention": [line.retention.term.value, line.retention.source],
        "despite": file.despite,
        "entries": [_plain(entry) | _kept(file, entry, paths) for entry in file.entries[: line.last_entry]],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def entries_of(contents: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The lines of such a list. Raises ``KeyError``, ``TypeError``, ``ValueError`` on another."""
    fields = Entry.__dataclass_fields__
    return tuple(
        Entry(
            **{name: each[name] for name in fields if name not in ("at", "kind", "origin")},
            at=from_ms(each["at"]),
            kind=EntryKind(each["kind"]),
            origin=Origin(each["origin"]),
        )
        for each in contents["entries"]
    )


def _plain(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"at": to_ms(entry.at), "kind": entry.kind.value, "origin": entry.origin.value}


def _kept(file: CaseFile, entry: Entry, paths: Mapping[int, str]) -> dict[str, Any]:
    kept = file.content(entry.number)
    content = {} if kept is None else {"sha256": kept.sha256, "size": kept.size, "pages": kept.pages}
    return {"content": content, "path": paths.get(entry.number, "")}
