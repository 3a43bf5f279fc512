"""What goes wrong around an application: two clerks at once, changed files, contradicting forms, items that change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from kit.errors import Conflict, Invalid, Stale, Unavailable
from reference.stored import StoredCopy
from reference.testing import CENTER_ID, ITEM_ID, sample_item
from services.intake.domain.application import Application
from services.intake.domain.paper import PaperKind
from services.intake.domain.undertaking import FindingResult, UndertakingState
from services.intake.handlers.judge import accept_application, refuse_application
from services.intake.handlers.materials import upload_material
from services.intake.handlers.show import download_material
from services.intake.queries.checklists import get_checklist
from services.intake.tests.intake_hall import Hall, MakeHall
from services.intake.tests.test_commitments import ITEM as COMMITTED
from services.intake.tests.test_commitments import accepted, state_of, verified

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def accept(hall: Hall, application: Application) -> Application:
    return accept_application(
        desk=hall.desk, call=hall.by(), application_id=application.id, expected_version=application.version
    )


def refuse(hall: Hall, application: Application) -> Application:
    return refuse_application(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        reason="不属于受理范围",
        basis="许可法第三十二条",
        expected_version=application.version,
    )


def test_of_two_clerks_who_judge_at_once_one_is_told_to_look_again(hall: Hall) -> None:
    application = hall.received()

    def outcome(judge: Callable[[Hall, Application], Application]) -> bool:
        try:
            judge(hall, application)
        except (Stale, Conflict):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, (accept, refuse)))
    assert sorted(outcomes) == [False, True]
    judged = [name for name in hall.told() if name in ("application_accepted", "application_refused")]
    assert len(judged) == 1
    kinds = [paper.kind for paper in hall.now(application).papers]
    assert len({PaperKind.ACCEPTANCE, PaperKind.REFUSAL}.intersection(kinds)) == 1


def upload(hall: Hall, application: Application) -> str:
    _, file = upload_material(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        code="",
        material_key="layout-plan",
        filename="平面图.pdf",
        media_type="",
        chunks=[PDF],
    )
    return file.sha256


def test_a_file_that_changed_after_its_hash_is_not_shown_and_the_right_one_mends_it(hall: Hall, tmp_path: Path) -> None:
    application = hall.received()
    sha256 = upload(hall, application)
    for kept in tmp_path.rglob(f"*{sha256}*"):
        kept.write_bytes(PDF.replace(b"<<>>", b"<< >"))

    def shown() -> bytes:
        _, chunks = download_material(desk=hall.desk, call=hall.by(), application_id=application.id, sha256=sha256)
        return b"".join(chunks)

    with pytest.raises(Unavailable, match="blob_damaged"):
        shown()
    upload(hall, application)
    assert shown() == PDF


def test_a_form_that_contradicts_itself_takes_nothing_in(make_hall: MakeHall) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "title": "甲"}}, "required": ["b"]}
    hall = make_hall(items=[replace(sample_item(), form_schema=orjson.dumps(schema).decode())])
    with pytest.raises(Invalid, match="form_schema_invalid"):
        hall.received(form_json='{"a": "x"}')
    assert hall.told() == []
    checklist = get_checklist(desk=hall.desk, call=hall.by(), center_id=CENTER_ID, item_id=ITEM_ID, situation=())
    assert checklist.materials, "what is needed can still be told"


def test_an_item_that_gives_commitments_up_keeps_those_that_were_made(make_hall: MakeHall) -> None:
    hall = make_hall(items=[COMMITTED])
    application = accepted(hall)
    newer = replace(COMMITTED, item_version=2, version=2, materials=COMMITTED.materials[:1], commitment=None)
    StoredCopy(hall.store).put_published(newer)
    broken = verified(hall, application, FindingResult.FALSE)
    assert state_of(broken) is UndertakingState.BROKEN
    assert broken.papers[-1].fields.rights, "by the letter that was signed"
