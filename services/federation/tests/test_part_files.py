"""Files of parts: kept before they are named, sent with the letter, read at either end on the record."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.blobs.files import FileBlobs
from kit.blobs.uses import GRACE, USES_KINDS
from kit.errors import Forbidden, Invalid, NotFound
from services.federation.domain.commands import Verb
from services.federation.domain.parts import Applicant, HandedIn, Part, Place
from services.federation.handlers import commands, part_files, parts
from services.federation.handlers.parts import OpenedCase
from services.federation.tests.joined_rooms import CITY, COUNTY, Joined

PDF = b"%PDF-1.7 sample"


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    """A county whose room really keeps files, and its city, which has them from relay."""
    joined = Joined(tmp_path, COUNTY, CITY)
    room = joined[COUNTY].room
    blobs = FileBlobs(tmp_path / "files")
    desk = replace(room.desk, blobs=blobs, uses=replace(room.desk.uses, blobs=blobs))
    joined[COUNTY].room = replace(room, desk=desk)
    return joined


def grown_old(joined: Joined, folder: Path) -> dict[str, int]:
    """A while later: what nobody names has been looked at; how many documents of files there are."""
    joined.clock.advance(GRACE + timedelta(days=1))
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    uses = joined[COUNTY].room.desk.uses
    Sweeper(uses.alarms(), joined.clock, service_actor("federation")).sweep()
    return {kind.name: len(list(uses.files.store.scan(kind.name))) for kind in USES_KINDS}


def uploaded(joined: Joined, content: bytes = PDF, filename: str = "体检表.pdf") -> HandedIn:
    return part_files.upload_part_file(
        room=joined[COUNTY].room, call=joined.call(COUNTY), center_id="610902", filename=filename,
        media_type="application/pdf", chunks=[content],
    )  # fmt: skip


def sent_up(joined: Joined, paper: HandedIn) -> Part:
    case = OpenedCase("case-1", "1", "教师资格认定", "j-1", Applicant("张三"), (paper,))
    room, call = joined[COUNTY].room, joined.call(COUNTY)
    part = parts.open_sent_up(room=room, call=call, place=Place("", "610902", "jiaoyu"), case=case)
    higher = Place(CITY, "610900", "jiaoyu")
    sent = parts.send_up(room=room, call=call, part_id=part.id, place=higher, opinion="齐全", expected_version=0)
    joined.settle()
    return sent


def test_what_is_uploaded_travels_with_the_letter_that_names_it(joined: Joined) -> None:
    file = replace(uploaded(joined), key="form", name="申请书")
    assert (file.size, file.media_type, file.filename) == (len(PDF), "application/pdf", "体检表.pdf")
    sent_up(joined, file)
    assert joined[COUNTY].carrier.kept == [file.sha256]


def test_an_upload_that_nothing_names_goes_and_one_that_a_part_names_stays(joined: Joined, tmp_path: Path) -> None:
    named = replace(uploaded(joined), key="form", name="申请书")
    sent_up(joined, named)
    blobs = joined[COUNTY].room.desk.blobs
    for number in range(3):
        left = uploaded(joined, b"%%PDF-1.7 %d" % number)
        assert grown_old(joined, tmp_path / "files") == {"kept_file": 1, "file_use": 1}
        assert (blobs.has(left.sha256), blobs.has(named.sha256)) == (False, True)
    with pytest.raises(NotFound):
        sent_up(joined, replace(left, key="form", name="申请书"))


def test_a_file_that_only_a_part_under_review_names_stays_too(joined: Joined, tmp_path: Path) -> None:
    paper = replace(uploaded(joined), key="form", name="申请书")
    case = OpenedCase("case-1", "1", "教师资格认定", "j-1", Applicant("张三"), (paper,))
    parts.open_sent_up(
        room=joined[COUNTY].room, call=joined.call(COUNTY), place=Place("", "610902", "jiaoyu"), case=case
    )
    grown_old(joined, tmp_path / "files")
    assert joined[COUNTY].room.desk.blobs.has(paper.sha256)


def test_a_file_nobody_uploaded_is_sent_to_nobody(joined: Joined) -> None:
    with pytest.raises(NotFound):
        sent_up(joined, HandedIn("form", "申请书", "0" * 64, 3, "application/pdf", "a.pdf"))


@pytest.mark.parametrize(("content", "code"), [(b"", "upload_empty"), (b"MZ\x90\x00", "upload_type")])
def test_what_is_no_file_of_an_allowed_type_isn_t_kept(joined: Joined, content: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        uploaded(joined, content)


def test_both_ends_read_it_on_the_record_and_nobody_else_does(joined: Joined) -> None:
    part = sent_up(joined, replace(uploaded(joined), key="form", name="申请书"))
    sha256 = part.materials[0].sha256
    for site, expected in ((COUNTY, PDF), (CITY, b"x")):
        room, call = joined[site].room, joined.call(site, department="jiaoyu")
        paper, chunks = part_files.download_part_file(room=room, call=call, part_id=part.id, sha256=sha256)
        assert (paper.name, b"".join(chunks)) == ("申请书", expected)
        joined.settle()
        assert joined[site].told_types()[-1] == "part_applicant_shown"
        other = joined.call(site, center="610903", department="jiaoyu")
        with pytest.raises(Forbidden):
            part_files.download_part_file(room=room, call=other, part_id=part.id, sha256=sha256)
        with pytest.raises(NotFound, match="upload_not_found"):
            part_files.download_part_file(room=room, call=call, part_id=part.id, sha256="1" * 64)


def test_what_was_asked_for_is_uploaded_and_handed_in_where_the_citizen_is(joined: Joined) -> None:
    part = sent_up(joined, HandedIn("form", "申请书"))
    above = {"room": joined[CITY].room, "call": joined.call(CITY, department="jiaoyu"), "part_id": part.id}
    parts.answer_offer(**above, accepted=True, department_key="", reason="", expected_version=0)  # type: ignore[arg-type]
    parts.ask_for_materials(**above, wanted=[("health", "体检表", "")], expected_version=0)  # type: ignore[arg-type]
    joined.settle()
    file = replace(uploaded(joined), key="health", name="体检表")
    commands.command_part(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, verb=Verb.HAND_IN, reason="",
        materials=(file,),
    )  # fmt: skip
    joined.settle()
    assert joined[CITY].room.parts.get(part.id).materials[-1] == file
