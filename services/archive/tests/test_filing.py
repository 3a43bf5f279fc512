"""Filing keeps the contents here, once, whatever breaks in between (rules J01)."""

from typing import Any

import pytest

from kit.blobs.uses import GRACE, IDLE
from kit.errors import Conflict, Forbidden, Unavailable
from kit.testing import actor
from services.archive.domain.case_file import FileState
from services.archive.tests.archive_rooms import SCAN, SCAN_SHA256, Rooms, material


def test_filing_keeps_every_paper_with_its_hash_size_and_pages(rooms: Rooms) -> None:
    rooms.ended()
    file = rooms.file_away()
    assert (file.state, file.filed_upto, file.unfiled) == (FileState.FILED, 8, 0)
    scan = file.content(1)
    assert scan is not None
    assert (scan.sha256, scan.size, scan.pages) == (SCAN_SHA256, len(SCAN), 3)
    assert [kept.number for kept in file.kept] == [1, 2, 3, 6, 7]
    assert all(rooms.room.blobs.has(kept.sha256) for kept in file.kept)
    assert len(file.catalogues) == 1
    assert rooms.told()[-1] == "case_file_filed"


def test_what_a_file_names_is_not_let_go_of_and_what_nobody_named_is(rooms: Rooms) -> None:
    rooms.ended()
    file = rooms.file_away()
    left = rooms.room.blobs.put(
        iter([b"%PDF-1.4 left"]), filename="a.pdf", max_bytes=99, allowed=frozenset({"application/pdf"})
    )
    rooms.room.uses.arrived(rooms.by(), left.sha256, again=False)
    age(rooms, IDLE.total_seconds() * 2)
    rooms.pass_days(GRACE.days + 1)
    rooms.sweep()
    assert not rooms.room.blobs.has(left.sha256)
    assert all(rooms.room.blobs.has(kept.sha256) for kept in file.kept)


def test_a_filing_that_breaks_off_goes_on_where_it_was(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms.ended()
    real = rooms.room.files.save

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise Unavailable("store_unavailable", "暂时无法保存。")

    monkeypatch.setattr(rooms.room.files, "save", broken)
    with pytest.raises(Unavailable):
        rooms.file_away()
    monkeypatch.setattr(rooms.room.files, "save", real)
    assert rooms.file().state is FileState.CLOSED
    assert rooms.file_away().state is FileState.FILED
    assert rooms.shelf.reads.count(SCAN_SHA256) == 1


def test_what_is_lacking_stops_it_until_somebody_says_why(rooms: Rooms) -> None:
    rooms.received(papers=[])
    rooms.handled()
    with pytest.raises(Conflict, match="file_incomplete"):
        rooms.file_away()
    file = rooms.file_away(despite="旧系统收件，凭证已遗失")
    assert (file.despite, file.asked) == ("旧系统收件，凭证已遗失", None)


def test_a_scan_that_is_gone_stops_it_too_and_stays_a_line_without_content(rooms: Rooms) -> None:
    rooms.ended()
    rooms.shelf.gone.add(SCAN_SHA256)
    with pytest.raises(Conflict, match="content_missing"):
        rooms.file_away()
    file = rooms.file_away(despite="外地扫描件已清除")
    assert file.content(1) is None
    assert file.entries[0].sha256 == SCAN_SHA256


def test_a_file_that_changed_after_its_hash_is_refused(rooms: Rooms) -> None:
    rooms.ended()
    rooms.shelf.instead[SCAN_SHA256] = SCAN + b"changed"
    with pytest.raises(Conflict, match="content_changed"):
        rooms.file_away(despite="无所谓")
    assert rooms.file().state is FileState.CLOSED


def test_what_comes_after_is_a_supplement_and_is_filed_by_itself(rooms: Rooms) -> None:
    rooms.ended()
    rooms.file_away()
    with pytest.raises(Conflict, match="file_filed"):
        rooms.file_away()
    rooms.evaluated()
    file = rooms.file()
    assert (file.state, file.entries[-1].supplement, file.unfiled) == (FileState.FILED, True, 1)
    assert rooms.told()[-1] == "case_file_supplemented"
    file = rooms.file_away()
    assert (file.unfiled, [each.upto for each in file.catalogues]) == (0, [8, 9])


def test_only_the_window_and_the_files_own_department_may_file_it(rooms: Rooms) -> None:
    rooms.ended()
    with pytest.raises(Forbidden, match="department_not_allowed"):
        rooms.file_away(who=actor("chief", department="renli-shebao"))
    with pytest.raises(Forbidden, match="center_not_allowed"):
        rooms.file_away(who=actor("clerk", center="610903"))


def test_a_scan_of_two_materials_is_two_lines_and_one_content(rooms: Rooms) -> None:
    both = [material(), material(key="plan", name="平面图")]
    rooms.received(materials=both)
    rooms.accepted(materials=both)
    rooms.handled()
    file = rooms.file_away()
    assert [kept.sha256 for kept in file.kept].count(SCAN_SHA256) == 2
    assert rooms.shelf.reads.count(SCAN_SHA256) == 1


def age(rooms: Rooms, seconds: float) -> None:
    """Makes every content as old as that."""
    import os
    import time
    from pathlib import Path

    for path in Path(rooms.room.blobs._folder).rglob("*"):  # type: ignore[attr-defined]
        if path.is_file():
            os.utime(path, (time.time() - seconds,) * 2)
