"""Papers of an application as they are given: in the center's words, and printed again with a mark."""

from __future__ import annotations

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden
from kit.testing import actor
from reference.papers.testing import sample_seal, words
from reference.testing import CENTER_ID, set_policy, set_seal
from services.intake.domain.paper import PaperKind
from services.intake.handlers.show import list_printed_papers, reprint_paper
from services.intake.tests.intake_hall import APPLICANT, CITIZEN, CLERK, Hall, MakeHall
from services.intake.tests.test_reading import pdf_of


def test_a_further_print_is_on_the_record_and_for_those_who_hand_papers_out(hall: Hall) -> None:
    application = hall.received()
    before = pdf_of(hall, application, PaperKind.RECEIPT)
    [receipt] = application.papers

    def reprint(who: Actor) -> bytes:
        return reprint_paper(
            desk=hall.desk,
            call=hall.by(who),
            application_id=application.id,
            paper_id=receipt.id,
            reason="申请人遗失",
        )[2]

    pdf = reprint(CLERK)
    assert [pending.event.type for pending in hall.store.pending(1000)][-2:] == [
        "tongban.intake.paper_reprinted.v1",
        "tongban.intake.applicant_shown.v1",
    ]
    assert "补打第1次" in words(pdf)
    shown = hall.desk.showings.find("by_application", application_id=application.id).items
    assert f"补打文书 {receipt.number}：申请人遗失" in {each.purpose for each in shown}
    for who in (actor("supervisor"), actor("reviewer", department="gaj"), CITIZEN, PUBLIC):
        with pytest.raises(Forbidden):
            reprint(who)
    ((printed, copies),) = list_printed_papers(
        desk=hall.desk, call=hall.by(actor("supervisor")), application_id=application.id
    )
    assert (printed.id, [copy.by_name for copy in copies]) == (receipt.id, [CLERK.name])
    assert pdf_of(hall, application, PaperKind.RECEIPT) == before
    with pytest.raises(Forbidden):
        list_printed_papers(desk=hall.desk, call=hall.by(CITIZEN), application_id=application.id)


def test_a_paper_bears_the_words_that_its_center_had_when_it_was_issued(make_hall: MakeHall) -> None:
    words_of_center = {
        "letterhead": "样例为民服务中心",
        "opening": "{addressee}您好，#link(1) $x$ 您的编号是 {application_number}。",
        "closing": "如有疑问请致电 {contact_phone}。",
        "note": "本中心周六上午开放。",
        "seal": "样例收件章",
    }
    hall = make_hall({"receipt_wording": words_of_center})
    application = hall.received()
    set_policy(hall.store, CENTER_ID, {}, reference=hall.desk.reference)
    text = words(pdf_of(hall, application, PaperKind.RECEIPT))
    said = f"{APPLICANT.name}您好，#link(1)$x$您的编号是{application.number}。"
    for expected in ("样例为民服务中心", said, "如有疑问请致电", "本中心周六上午开放。", "样例收件章"):
        assert expected in text
    plain = words(pdf_of(hall, hall.received(), PaperKind.RECEIPT))
    assert "本中心周六上午开放。" not in plain


def test_a_paper_bears_the_seal_of_whoever_issues_it_and_keeps_it_when_that_is_withdrawn(make_hall: MakeHall) -> None:
    hall = make_hall({"sealed_papers": ["receipt"]})
    with pytest.raises(Conflict, match="seal_missing"):
        hall.received()
    assert hall.told() == []
    set_seal(hall.store, sample_seal(), reference=hall.desk.reference)
    application = hall.received()
    [receipt] = application.papers
    assert receipt.fields.seal_id == "seal-1"
    set_seal(hall.store, sample_seal(withdrawn=True, version=2), reference=hall.desk.reference)
    before = pdf_of(hall, application, PaperKind.RECEIPT)
    assert "样章" not in words(before)
    (use,) = hall.desk.shelf.sealed(CENTER_ID, "seal-1", 10, "").items
    assert (use.number, use.issued_by) == (receipt.number, CLERK.name)
    with pytest.raises(Conflict, match="seal_missing"):
        hall.received()
    assert pdf_of(hall, application, PaperKind.RECEIPT) == before
