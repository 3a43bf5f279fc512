"""A hand-over as a package: the same bytes each time, and checked without a site."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kit.errors import Conflict
from services.archive.domain.hand_over import HandOver
from services.archive.handlers import return_hand_over
from services.archive.package.checking import check
from services.archive.tests.archive_rooms import CLERK, PDF_A, RECEIVER, SCAN, Rooms

METS = "{http://www.loc.gov/METS/}"


@pytest.fixture
def proposed(rooms: Rooms) -> HandOver:
    for case_id in ("case-1", "case-2"):
        rooms.ended(case_id)
        rooms.file_away(case_id)
    return rooms.propose("case-1", "case-2")


@pytest.fixture
def packed(rooms: Rooms, proposed: HandOver, tmp_path: Path) -> Path:
    path = tmp_path / "hand-over.zip"
    rooms.confirm(proposed)
    path.write_bytes(rooms.package(proposed))
    return path


def test_a_package_is_the_same_each_time_and_holds_everything(rooms: Rooms, proposed: HandOver) -> None:
    content = rooms.package(proposed)
    rooms.pass_days(3)
    assert rooms.package(proposed) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert names[:3] == ["manifest-sha256.txt", "mets.xml", "hand-over.json"]
        assert archive.read("files/0001/0001.pdf") == SCAN
        assert "符合条件，建议准予" in archive.read("files/0001/0005.txt").decode()
        assert {"files/0001/contents.json", "files/0001/catalogue.pdf", "files/0002/0008.txt"} <= set(names)
        listed = hashlib.sha256(archive.read("hand-over.json")).hexdigest()
    assert listed == proposed.list_sha256


def test_its_index_names_every_file_with_its_checksum_and_its_place(rooms: Rooms, proposed: HandOver) -> None:
    with zipfile.ZipFile(io.BytesIO(rooms.package(proposed))) as archive:
        index = ElementTree.fromstring(archive.read("mets.xml"))
        for file in index.iter(f"{METS}file"):
            [location] = file
            content = archive.read(location.attrib["{http://www.w3.org/1999/xlink}href"])
            assert hashlib.sha256(content).hexdigest() == file.attrib["CHECKSUM"]
            assert len(content) == int(file.attrib["SIZE"])
    pointed = [each.attrib["FILEID"] for each in index.iter(f"{METS}fptr")]
    assert sorted(pointed) == sorted(each.attrib["ID"] for each in index.iter(f"{METS}file"))
    labels = [each.attrib["LABEL"] for each in index.iter(f"{METS}div") if each.attrib["TYPE"] == "case-file"]
    assert labels == ["61090220261123001 食品经营许可", "61090220261123002 食品经营许可"]


def test_a_whole_package_is_found_whole_with_both_sides_word(packed: Path) -> None:
    verdict = check(packed)
    assert verdict.troubles == []
    assert (verdict.number, verdict.files, verdict.papers) == ("YJ610902-2026-00001", 2, 16)
    assert verdict.pdf_a == 10
    assert (verdict.receiver, bool(verdict.received_at), verdict.signed_by) == (
        RECEIVER.name,
        True,
        [CLERK.name, RECEIVER.name],
    )


Change = Callable[[dict[str, bytes]], None]


def _manifest_anew(parts: dict[str, bytes]) -> None:
    """What somebody would do who wants to hide a change."""
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(parts.items())
        if name != "manifest-sha256.txt"
    ]
    parts["manifest-sha256.txt"] = "".join(lines).encode()


def _another_scan(parts: dict[str, bytes]) -> None:
    parts["files/0001/0001.pdf"] = SCAN + b"forged"


def _another_scan_hidden(parts: dict[str, bytes]) -> None:
    old = hashlib.sha256(parts["files/0001/0001.pdf"]).hexdigest()
    _another_scan(parts)
    new = hashlib.sha256(parts["files/0001/0001.pdf"]).hexdigest()
    parts["mets.xml"] = parts["mets.xml"].replace(old.encode(), new.encode())
    _manifest_anew(parts)


def _another_opinion(parts: dict[str, bytes]) -> None:
    contents = json.loads(parts["files/0001/contents.json"])
    contents["entries"][4]["text"] = "环节：审查\n意见：不符合条件"
    parts["files/0001/contents.json"] = json.dumps(contents).encode()
    _manifest_anew(parts)


def _one_file_less(parts: dict[str, bytes]) -> None:
    said = json.loads(parts["hand-over.json"])
    del said["files"][1]
    parts["hand-over.json"] = json.dumps(said).encode()
    _manifest_anew(parts)


def _another_word(parts: dict[str, bytes]) -> None:
    receipt = json.loads(parts["receipt.json"])
    receipt["signatures"][1]["statement"] = receipt["signatures"][1]["statement"].replace("receiver", "giver")
    parts["receipt.json"] = json.dumps(receipt).encode()
    _manifest_anew(parts)


def _one_signature(parts: dict[str, bytes]) -> None:
    receipt = json.loads(parts["receipt.json"])
    del receipt["signatures"][0]
    parts["receipt.json"] = json.dumps(receipt).encode()
    _manifest_anew(parts)


def _unnamed(parts: dict[str, bytes]) -> None:
    parts["mets.xml"] = parts["mets.xml"].replace(b'<mets:fptr FILEID="f-files-0001-0001-pdf" />', b"")
    _manifest_anew(parts)


def _plain_paper(parts: dict[str, bytes]) -> None:
    parts["files/0001/0002.pdf"] = parts["files/0001/0002.pdf"].replace(PDF_A, b"")


def _another_content_all_hidden(parts: dict[str, bytes]) -> None:
    """The paper, its hash in the contents list, the index and the manifest: only the signed list still knows."""
    old = hashlib.sha256(parts["files/0001/0002.pdf"]).hexdigest()
    parts["files/0001/0002.pdf"] += b"forged"
    new = hashlib.sha256(parts["files/0001/0002.pdf"]).hexdigest()
    for name in ("files/0001/contents.json", "mets.xml"):
        parts[name] = parts[name].replace(old.encode(), new.encode())
    _manifest_anew(parts)


def _one_more(parts: dict[str, bytes]) -> None:
    parts["files/0001/9999.pdf"] = b"%PDF-"


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (_another_scan, "内容与清单不符：files/0001/0001.pdf"),
        (_another_scan_hidden, "材料与卷内目录不符：61090220261123001 第 1 项"),
        (_another_opinion, "卷内目录被改动：61090220261123001 第 5 项"),
        (_one_file_less, "接收回执所确认的不是这份移交清单"),
        (_unnamed, "索引中有文件没有归入案卷，或者案卷指向不存在的文件"),
        (_plain_paper, "文书不是 PDF/A：61090220261123001 第 2 项"),
        (_another_content_all_hidden, "材料与移交清单不符：61090220261123001"),
        (_another_word, f"签署内容被改动：{RECEIVER.name}"),
        (_one_signature, "移交双方没有都签署"),
        (_one_more, "包内的文件不在清单中：files/0001/9999.pdf"),
    ],
)
def test_whatever_is_changed_in_a_package_is_found(packed: Path, change: Change, trouble: str) -> None:
    with zipfile.ZipFile(packed) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert trouble in check(packed).troubles


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"], ids=["empty", "cut", "other"])
def test_what_is_no_package_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(content)
    assert check(path).troubles


def test_what_was_returned_is_not_handed_out_any_more(rooms: Rooms, proposed: HandOver) -> None:
    return_hand_over(
        room=rooms.room, call=rooms.by(RECEIVER), hand_over_id=proposed.id, reason="不全", expected_version=0
    )
    with pytest.raises(Conflict, match="hand_over_returned"):
        rooms.package(proposed)


def test_every_file_of_a_package_that_is_taken_is_on_the_record(rooms: Rooms, proposed: HandOver) -> None:
    rooms.package(proposed)
    looks = list(rooms.room.looks.each("by_file", file_id="case-2"))
    assert [(each.by_id, each.purpose) for each in looks] == [("archivist-1", "下载移交包 YJ610902-2026-00001")]
