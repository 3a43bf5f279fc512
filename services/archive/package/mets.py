"""The index of a package after METS: what is in it (fileSec, each with its checksum) and how it belongs together (structMap)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as Xml

from services.archive.domain.hand_over import HandOver, Line

METS = "http://www.loc.gov/METS/"
XLINK = "http://www.w3.org/1999/xlink"


@dataclass(frozen=True, slots=True)
class Indexed:
    """A file of the package. ``number`` is its line of the contents list; 0: it is about all of them."""

    path: str
    media_type: str
    size: int
    sha256: str
    title: str
    number: int = 0


def mets(hand_over: HandOver, files: Sequence[tuple[Line, Sequence[Indexed]]], own: Sequence[Indexed]) -> bytes:
    """The index; ``own`` are the files of the hand-over itself. The same arguments give the same bytes."""
    Xml.register_namespace("mets", METS)
    Xml.register_namespace("xlink", XLINK)
    root = Xml.Element(
        f"{{{METS}}}mets", {"OBJID": hand_over.id, "LABEL": f"档案移交 {hand_over.number}", "TYPE": "hand-over"}
    )
    created = _at(hand_over.proposed_at or hand_over.opened_at)
    header = _under(root, "metsHdr", CREATEDATE=created, RECORDSTATUS=hand_over.state.value)
    for role, kind, name in (
        ("CREATOR", "ORGANIZATION", hand_over.center_id),
        ("CUSTODIAN", "INDIVIDUAL", hand_over.handed_by_name),
        ("ARCHIVIST", "INDIVIDUAL", hand_over.receiver_name),
    ):
        _under(_under(header, "agent", ROLE=role, TYPE=kind), "name").text = name
    for index, (line, _) in enumerate(files, 1):
        _description(root, index, line)
    section = _under(root, "fileSec")
    for index, (_, contents) in enumerate([(None, own), *files]):
        group = _under(section, "fileGrp", USE="hand-over" if index == 0 else f"case-file-{index:04d}")
        for each in contents:
            _file(group, each, created)
    whole = _under(_under(root, "structMap", TYPE="logical"), "div", TYPE="hand-over", LABEL=hand_over.number)
    for each in own:
        _under(whole, "fptr", FILEID=_id(each))
    for index, (line, contents) in enumerate(files, 1):
        label = f"{line.number} {line.item_name}"
        div = _under(whole, "div", TYPE="case-file", ORDER=str(index), LABEL=label, DMDID=f"dmd-{index:04d}")
        for each in contents:
            entry = _under(div, "div", TYPE="entry", ORDER=str(each.number), LABEL=each.title)
            _under(entry, "fptr", FILEID=_id(each))
    Xml.indent(root, " ")
    said: bytes = Xml.tostring(root, encoding="UTF-8", xml_declaration=True)
    return said + b"\n"


def _description(root: Xml.Element, index: int, line: Line) -> None:
    wrap = _under(_under(root, "dmdSec", ID=f"dmd-{index:04d}"), "mdWrap", MDTYPE="OTHER", OTHERMDTYPE="TONGBAN")
    data = _under(wrap, "xmlData")
    for name, value in (
        ("id", line.file_id),
        ("number", line.number),
        ("item", line.item_name),
        ("entries", f"{line.first_entry}-{line.last_entry}"),
        ("head", line.head),
        ("retention", line.retention.term.value),
        ("retentionSource", line.retention.source),
    ):
        Xml.SubElement(data, name).text = value


def _file(group: Xml.Element, each: Indexed, created: str) -> None:
    file = _under(
        group,
        "file",
        ID=_id(each),
        MIMETYPE=each.media_type,
        SIZE=str(each.size),
        CREATED=created,
        CHECKSUM=each.sha256,
        CHECKSUMTYPE="SHA-256",
    )
    location = _under(file, "FLocat", LOCTYPE="URL")
    location.set(f"{{{XLINK}}}href", each.path)


def _under(parent: Xml.Element, name: str, **attributes: str) -> Xml.Element:
    return Xml.SubElement(parent, f"{{{METS}}}{name}", attributes)


def _id(each: Indexed) -> str:
    return "f-" + "".join(letter if letter.isalnum() else "-" for letter in each.path)


def _at(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
