"""Whether a package is whole and says one thing: without a site, a network or a key."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from services.archive.domain.entries import PDF_TYPE, Origin, contents_of, first_broken, head_of
from services.archive.package.contents import entries_of
from services.archive.package.layout import CATALOGUE, CONTENTS, INDEX, LIST, MANIFEST, RECEIPT, folder

#: The largest manifest, index or list that is read whole, in bytes.
_MOST: Final = 256 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S.*)")
_INDEXED: Final = re.compile(
    rb'<mets:file [^>]*?CHECKSUM="([0-9a-f]{64})"[^>]*>\s*<mets:FLocat [^>]*?xlink:href="([^"]+)"', re.S
)

_FILE_ID: Final = re.compile(rb'<mets:file [^>]*?ID="([^"]+)"')
_POINTER: Final = re.compile(rb'<mets:fptr [^>]*?FILEID="([^"]+)"')
#: What a PDF/A says of itself in its metadata (ISO 19005).
_PDF_A: Final = re.compile(rb"pdfaid:part(?:>|=[\"'])\s*([1-4])")
#: What the site itself made; what was handed in stays in the form that it came in.
_MADE_HERE: Final = frozenset({Origin.PAPER, Origin.DECISION, Origin.NOTICE, Origin.RESULT, Origin.SLIP})


@dataclass
class Verdict:
    """What was found. ``troubles`` are for people; none: it is whole."""

    number: str = ""
    files: int = 0
    papers: int = 0
    bytes: int = 0
    #: Papers that the site made, as PDF/A.
    pdf_a: int = 0
    list_sha256: str = ""
    #: Who received it and when, in milliseconds since 1970; empty: that isn't in it.
    receiver: str = ""
    received_at: int = 0
    #: The giver and the receiver, as they signed; empty in older packages.
    signed_by: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def check(path: Path) -> Verdict:
    """Reads every byte of a package and holds it against its manifest, its index and its lists."""
    verdict = Verdict()
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, verdict)
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, TypeError, ValueError, RecursionError) as error:
        verdict.troubles.append(f"无法读取：{error}")
    return verdict


def _check(archive: zipfile.ZipFile, verdict: Verdict) -> None:
    names = [each.filename for each in archive.infolist()]
    if len(set(names)) != len(names):
        verdict.troubles.append("包内有重名的文件")
    listed = _manifest(_text(archive, MANIFEST), verdict)
    verdict.troubles += [f"清单中的文件不在包内：{name}" for name in sorted(set(listed) - set(names))]
    verdict.troubles += [f"包内的文件不在清单中：{name}" for name in sorted(set(names) - set(listed) - {MANIFEST})]
    for name in sorted(set(names) & set(listed)):
        digest = hashlib.sha256()
        with archive.open(name) as file:
            while piece := file.read(_CHUNK):
                digest.update(piece)
                verdict.bytes += len(piece)
        if digest.hexdigest() != listed[name]:
            verdict.troubles.append(f"内容与清单不符：{name}")
    _check_index(archive, listed, verdict)
    _check_list(archive, verdict)


def _manifest(text: str, verdict: Verdict) -> dict[str, str]:
    listed: dict[str, str] = {}
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found[2] in listed:
            verdict.troubles.append(f"清单有一行无法识别或重复：{line[:100]}")
        else:
            listed[found[2]] = found[1]
    return listed


def _check_index(archive: zipfile.ZipFile, listed: Mapping[str, str], verdict: Verdict) -> None:
    index = _bytes(archive, INDEX)
    indexed = {name.decode(): digest.decode() for digest, name in _INDEXED.findall(index)}
    if set(_FILE_ID.findall(index)) != set(_POINTER.findall(index)):
        verdict.troubles.append("索引中有文件没有归入案卷，或者案卷指向不存在的文件")
    for name in sorted((set(listed) - {INDEX}) | set(indexed)):
        if indexed.get(name) != listed.get(name):
            verdict.troubles.append(f"索引与清单不符：{name}")


def _check_list(archive: zipfile.ZipFile, verdict: Verdict) -> None:
    text = _text(archive, LIST)
    said: dict[str, Any] = json.loads(text)
    verdict.number = str(said["number"])
    verdict.list_sha256 = hashlib.sha256(text.encode()).hexdigest()
    for index, line in enumerate(said["files"], 1):
        verdict.files += 1
        contents = json.loads(_text(archive, f"{folder(index)}/{CONTENTS}"))
        entries = entries_of(contents)
        verdict.papers += sum(bool(each["path"]) for each in contents["entries"])
        broken = first_broken(entries)
        if broken:
            verdict.troubles.append(f"卷内目录被改动：{line['number']} 第 {broken} 项")
        elif contents["id"] != line["id"] or head_of(entries, len(entries)) != line["head"]:
            verdict.troubles.append(f"卷内目录与移交清单不符：{line['number']}")
        if "contents" in line and _contents_sha256(contents, *line["entries"]) != line["contents"]:
            verdict.troubles.append(f"材料与移交清单不符：{line['number']}")
        verdict.troubles += _papers_apart(archive, line["number"], contents)
        verdict.troubles += _not_for_keeping(archive, index, line["number"], contents, verdict)
    if RECEIPT in archive.namelist():
        receipt = json.loads(_text(archive, RECEIPT))
        verdict.receiver, verdict.received_at = str(receipt["receiver"][1]), int(receipt["answered_at"])
        if receipt["list_sha256"] != verdict.list_sha256:
            verdict.troubles.append("接收回执所确认的不是这份移交清单")
        _check_signatures(receipt.get("signatures", []), verdict)


def _check_signatures(signatures: Sequence[Mapping[str, str]], verdict: Verdict) -> None:
    """Each side's statement has its hash and names this list. Older receipts have none."""
    for each in signatures:
        statement = json.loads(each["statement"])
        verdict.signed_by.append(str(statement["by"][1]))
        if hashlib.sha256(each["statement"].encode()).hexdigest() != each["sha256"]:
            verdict.troubles.append(f"签署内容被改动：{statement['by'][1]}")
        elif statement["list_sha256"] != verdict.list_sha256 or statement["side"] != each["side"]:
            verdict.troubles.append(f"所签署的不是这份移交清单：{statement['by'][1]}")
    if signatures and sorted(each["side"] for each in signatures) != ["giver", "receiver"]:
        verdict.troubles.append("移交双方没有都签署")


def _contents_sha256(contents: Mapping[str, Any], first: int, last: int) -> str:
    """As the list has it: over what is kept of the lines that went with it, or said in them."""
    kept = [
        (each["number"], each["content"].get("sha256") or (each["sha256"] if each["origin"] == Origin.TEXT else ""))
        for each in contents["entries"]
        if first <= each["number"] <= last
    ]
    return contents_of((number, sha256) for number, sha256 in kept if sha256)


def _papers_apart(archive: zipfile.ZipFile, number: str, contents: Mapping[str, Any]) -> list[str]:
    """Lines whose paper isn't the one that was written down."""
    troubles = []
    for each in contents["entries"]:
        wanted = each["content"].get("sha256") or each["sha256"]
        if each["path"] and wanted and hashlib.sha256(_bytes(archive, each["path"])).hexdigest() != wanted:
            troubles.append(f"材料与卷内目录不符：{number} 第 {each['number']} 项")
    return troubles


def _not_for_keeping(
    archive: zipfile.ZipFile, index: int, number: str, contents: Mapping[str, Any], verdict: Verdict
) -> list[str]:
    """Papers that the site made and that aren't PDF/A by their own word."""
    made = {
        f"第 {each['number']} 项": each["path"]
        for each in contents["entries"]
        if each["path"] and each["origin"] in _MADE_HERE and each["media_type"] == PDF_TYPE
    }
    catalogue = f"{folder(index)}/{CATALOGUE}"
    if catalogue in archive.namelist():
        made["卷内目录"] = catalogue
    plain = [what for what, path in made.items() if _PDF_A.search(_bytes(archive, path)) is None]
    verdict.pdf_a += len(made) - len(plain)
    return [f"文书不是 PDF/A：{number} {what}" for what in plain]


def _bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST:
        raise ValueError(f"{name} 过大")
    return archive.read(name)


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return _bytes(archive, name).decode()
