"""Papers of an application as they are given: in the center's words, and printed again with a mark."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY, actor
from reference.papers.editions import PaperEdition
from reference.papers.testing import sample_seal, words
from reference.testing import CENTER_ID, set_paper_edition, set_policy, set_seal
from services.intake.domain.paper import PaperKind
from services.intake.handlers.show import list_printed_papers, reprint_paper
from services.intake.queries.samples import preview_paper
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


def test_a_paper_is_made_by_the_template_that_holds_when_it_is_issued_and_stays_so(make_hall: MakeHall) -> None:
    hall = make_hall({"receipt_wording": {"note": "旧用语"}})
    next_week = MONDAY + timedelta(days=7)
    for number, starts, said in ((1, next_week, "第一版用语"), (2, next_week + timedelta(days=1), "第二版用语")):
        layout = {"labels": {"handled_by": f"收件人员{number}"}, "copies": ["送达联", "存根联"]}
        edition = PaperEdition(f"e-{number}", CENTER_ID, "receipt", number, {"note": said}, layout, starts)
        set_paper_edition(hall.store, edition, reference=hall.desk.reference)
    before = hall.received()
    hall.clock.advance(timedelta(days=7))
    after = hall.received()
    hall.clock.advance(timedelta(days=1))
    first, second = words(pdf_of(hall, before, PaperKind.RECEIPT)), words(pdf_of(hall, after, PaperKind.RECEIPT))
    assert ("旧用语" in first, "第一版用语" in first, "存根联" in first) == (True, False, False)
    assert ("旧用语" in second, "第一版用语" in second, "存根联" in second) == (False, True, True)
    assert "收件人员1" in second
    assert [each.papers[0].fields.edition for each in (before, after)] == [0, 1]
    paper, _, again = reprint_paper(
        desk=hall.desk, call=hall.by(), application_id=after.id, paper_id=after.papers[0].id, reason="遗失"
    )
    assert paper.edition == 1
    assert "第一版用语" in words(again), "a further print isn't of the edition that holds by then"


def preview(hall: Hall, who: Actor, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {"center_id": CENTER_ID, "kind": "refusal", "wording": {}, "layout": {}} | changes
    return preview_paper(desk=hall.desk, call=hall.by(who), **arguments)


def test_a_sample_shows_a_centers_template_on_made_up_data_and_says_that_it_is_one(hall: Hall) -> None:
    manager = actor("manager")
    changed = {"wording": {"letterhead": "样例为民服务中心"}, "layout": {"labels": {"handled_by": "受理人员"}}}
    text = words(preview(hall, manager, **changed))
    for expected in ("样张SAMPLE", "样例为民服务中心", "受理人员", "不予受理", "例云帆"):
        assert expected in text
    assert hall.told() == []
    assert hall.desk.shelf.papers.find("by_subject", subject_id="").items == ()
    for layout, code in (({"logo": "x"}, "layout_field_unknown"), ({"hidden": ["rights"]}, "layout_block_required")):
        with pytest.raises(Invalid, match=code):
            preview(hall, manager, layout=layout)
    with pytest.raises(Invalid, match="paper_kind_unknown"):
        preview(hall, manager, kind="approved")
    with pytest.raises(Forbidden):
        preview(hall, actor("manager", center="610999"))
