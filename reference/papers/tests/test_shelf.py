"""A paper once given is the same for ever; a further print is marked and written down (issue: papers kept byte for byte)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.call import Call, Idempotency
from kit.clock import FixedClock
from kit.errors import Invalid, NotFound, Unavailable
from kit.events import EventEncoder
from kit.testing import MONDAY, actor, seeded_ids, store
from reference.papers import printing
from reference.papers.shelf import SHELF_KINDS, IssuedPaper, Match, Sheet, Shelf
from reference.papers.testing import sample_shelf, words

CLERK = actor("clerk", id="staff-1")
#: What a picture is in a PDF.
_IMPRESSION = b"/Subtype/Image"
TEMPLATE = """
#import "/reference/papers/official.typ": *
#show: official.with(data.title)
WORDS #data.words
"""


@dataclass
class Archive:
    """A shelf with its clock, and a template to print from."""

    shelf: Shelf
    clock: FixedClock
    template: Path

    def by(self, **more: Any) -> Call:
        return Call(CLERK, self.clock.now(), **more)

    def sheet(self, **changes: Any) -> Sheet:
        data = {
            "title": "收件凭证",
            "number": "610902收〔2026〕000001号",
            "center_name": "样例中心",
            "progress_url": "http://127.0.0.1:8080/c/x",
            "words": "收到申请书一份",
        }
        sheet = Sheet(
            id="paper-1",
            subject_id="a-1",
            center_id="610902",
            kind="receipt",
            title="收件凭证",
            number="610902收〔2026〕000001号",
            issued_at=MONDAY,
            office="样例中心",
            holder="张**",
            masked=False,
            template=self.template,
            data=data,
        )
        return replace(sheet, **changes)

    def given(self) -> tuple[IssuedPaper, bytes]:
        return self.shelf.original(self.by(), self.sheet())

    def installs(self, template: str) -> None:
        """A release with another template."""
        self.template.write_text(template, encoding="utf-8")
        printing.template_files.cache_clear()

    def sweep(self) -> None:
        Sweeper(self.shelf.uses.alarms(), self.clock, service_actor("intake")).sweep()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    kept, ids = store(tmp_path, SHELF_KINDS), seeded_ids()
    template = tmp_path / "receipt.typ"
    template.write_text(TEMPLATE, encoding="utf-8")
    encoder = EventEncoder("local", "intake", {})
    return Archive(sample_shelf(kept, tmp_path / "blobs", encoder, ids, letter="n"), FixedClock(MONDAY), template)


# ── The original ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_paper_stays_as_it_was_first_given_whatever_is_installed_later(archive: Archive) -> None:
    paper, first = archive.given()
    archive.installs(TEMPLATE.replace("WORDS", "NEW WORDS"))
    assert archive.given() == (paper, first)
    assert "NEWWORDS" not in words(first)
    assert b"".join(archive.shelf.blobs.get(paper.sha256)) == first


def test_its_code_is_printed_on_it_and_is_its_own(archive: Archive) -> None:
    paper, _ = archive.given()
    other, _ = archive.shelf.original(archive.by(), archive.sheet(id="paper-2"))
    assert paper.code != other.code
    assert len(paper.code) == 27
    assert paper.code.endswith("n")
    assert f"/verify/{paper.code}" in paper.data


def test_of_two_who_ask_at_once_both_get_the_same_paper_and_the_other_file_goes(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = printing.paper_pdf
    meanwhile: list[bytes] = []

    def slow(files: Mapping[str, str], data: dict[str, Any], **more: Any) -> bytes:
        pdf = honest(files, data, **more)
        if not meanwhile:
            meanwhile.append(b"")
            meanwhile.append(archive.given()[1])
        return pdf

    monkeypatch.setattr("reference.papers.shelf.paper_pdf", slow)
    paper, mine = archive.given()
    assert mine == meanwhile[1]
    assert len(list(archive.shelf.blobs.stored())) == 2
    monkeypatch.setattr("kit.blobs.uses.IDLE", timedelta(0))
    archive.clock.advance(timedelta(days=8))
    archive.sweep()
    assert [blob.sha256 for blob in archive.shelf.blobs.stored()] == [paper.sha256]


def test_a_break_before_it_was_written_down_leaves_no_paper_and_the_next_who_asks_gets_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(archive.shelf.papers, "append", _breaks)
        with pytest.raises(Unavailable):
            archive.given()
    assert archive.shelf.papers.find_by_id("paper-1") is None
    paper, pdf = archive.given()
    assert archive.given() == (paper, pdf)
    monkeypatch.setattr("kit.blobs.uses.IDLE", timedelta(0))
    # The use that was noted for the file of the break holds it: a file too many, never a paper without its file.
    archive.clock.advance(timedelta(days=8))
    archive.sweep()
    assert paper.sha256 in {blob.sha256 for blob in archive.shelf.blobs.stored()}


def _breaks(*_: Any) -> None:
    raise Unavailable("store_unavailable", "存储暂不可用。")


# ── Further prints ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_further_print_is_marked_with_its_number_time_and_who_made_it(archive: Archive) -> None:
    paper, original = archive.given()
    archive.installs(TEMPLATE.replace("WORDS", "NEW WORDS"))
    for number in (1, 2):
        archive.clock.advance(timedelta(hours=1))
        _, copy, pdf = archive.shelf.reprint(archive.by(), "a-1", paper.id, "申请人遗失")
        text = words(pdf)
        assert f"补打第{number}次" in text
        assert CLERK.name in text
        # Beside the mark it is the same paper, also after a release with another template.
        assert "收到申请书一份" in text
        assert "NEWWORDS" not in text
        assert (copy.number, copy.reason, copy.by_id) == (number, "申请人遗失", CLERK.id)
    assert archive.given()[1] == original
    (listed,) = archive.shelf.copies_of("a-1")
    assert [copy.number for copy in listed[1]] == [1, 2]


def test_a_further_print_that_is_sent_again_is_the_same_one(archive: Archive) -> None:
    paper, _ = archive.given()
    once = archive.by(idempotency=Idempotency("key-1", "print"))
    first = archive.shelf.reprint(once, "a-1", paper.id, "申请人遗失")
    archive.clock.advance(timedelta(hours=1))
    again = replace(archive.by(), idempotency=once.idempotency)
    assert archive.shelf.reprint(again, "a-1", paper.id, "申请人遗失") == first


def test_a_further_print_needs_a_reason_and_a_first_one(archive: Archive) -> None:
    with pytest.raises(NotFound, match="paper_not_printed"):
        archive.shelf.reprint(archive.by(), "a-1", "paper-1", "申请人遗失")
    paper, _ = archive.given()
    with pytest.raises(NotFound, match="paper_not_printed"):
        archive.shelf.reprint(archive.by(), "another", paper.id, "申请人遗失")
    with pytest.raises(Invalid, match="text_required"):
        archive.shelf.reprint(archive.by(), "a-1", paper.id, " ")


# ── Verification ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_code_or_the_file_finds_the_paper_and_says_whether_it_is_unchanged(archive: Archive) -> None:
    paper, _ = archive.given()
    _, copy, _ = archive.shelf.reprint(archive.by(), "a-1", paper.id, "申请人遗失")
    other, _ = archive.shelf.original(archive.by(), archive.sheet(id="paper-2"))
    assert archive.shelf.verified(paper.code) == (paper, Match.NOT_ASKED)
    assert archive.shelf.verified(paper.code, paper.sha256) == (paper, Match.ORIGINAL)
    assert archive.shelf.verified("", paper.sha256) == (paper, Match.ORIGINAL)
    assert archive.shelf.verified("", copy.sha256) == (paper, Match.COPY)
    assert archive.shelf.verified(paper.code, copy.sha256) == (paper, Match.COPY)
    assert archive.shelf.verified(paper.code, other.sha256) == (paper, Match.DIFFERENT)
    assert archive.shelf.verified(paper.code, "0" * 64) == (paper, Match.DIFFERENT)


@pytest.mark.parametrize(("code", "sha256"), [("", ""), ("", "0" * 64), ("a" * 27, ""), ("../../etc", "")])
def test_what_was_never_given_is_unknown(archive: Archive, code: str, sha256: str) -> None:
    archive.given()
    with pytest.raises(NotFound, match="paper_unknown"):
        archive.shelf.verified(code, sha256)


def test_a_paper_keeps_the_seal_that_it_bears_and_the_seals_book_says_so(archive: Archive) -> None:
    signed = archive.template.with_name("signed.typ")
    signed.write_text(f'{TEMPLATE}#sealed(data.center_name, (year: 2026, month: 11, day: 23), "收件专用章")\n')
    plain_sheet = replace(archive.sheet(), id="paper-2", template=signed)
    sheet = replace(plain_sheet, id="paper-1", seal_id="seal-1", issued_by="王小窗")
    paper, pdf = archive.shelf.original(archive.by(), sheet)
    plain, without = archive.shelf.original(archive.by(), plain_sheet)
    assert ("样章" in words(pdf), "样章" in words(without)) == (False, True)
    assert (_IMPRESSION in pdf, _IMPRESSION in without) == (True, False)
    assert (plain.seal_id, paper.seal_id, paper.issued_by) == (None, "seal-1", "王小窗")
    (use,) = archive.shelf.sealed("610902", "seal-1", 10, "").items
    assert (use.id, use.sha256, use.seal_sha256) == (paper.id, paper.sha256, paper.seal_sha256)
    assert archive.shelf.sealed("610903", "seal-1", 10, "").items == (), "another center sees nothing of it"
    _, _, again = archive.shelf.reprint(archive.by(), sheet.subject_id, paper.id, "遗失")
    assert _IMPRESSION in again
    assert archive.shelf.original(archive.by(), sheet)[1] == pdf
