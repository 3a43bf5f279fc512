"""The table of an application once more, by those who would do it: what it doesn't name writes nothing (许可法 32)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from kit.store.port import Mark
from kit.testing import actor, refused
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID
from services.intake.domain.application import Application
from services.intake.domain.denial import DenialState
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.undertaking import CommitmentChoice, FindingResult, UndertakingState
from services.intake.handlers import (
    commitments,
    denials,
    judge,
    materials,
    promises,
    supplement,
    transferring,
    withdraw,
)
from services.intake.tests.application_samples import WANTED
from services.intake.tests.intake_hall import Hall, build_hall
from services.intake.tests.test_application_table import LATER, LEGAL, SITUATIONS

CLERK = actor("clerk", "chief", id="staff-1", department=DEPARTMENT)
SUPERVISOR = actor("supervisor", id="staff-2")
OWED = (Declared("note", MaterialState.HANDED_IN),)


def _upload(key: str) -> Callable[[Hall, Application], object]:
    return lambda hall, it: materials.upload_material(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, code="", material_key=key, filename="a.pdf",
        media_type="application/pdf", chunks=[b"%PDF-1.4\n%%EOF\n"],
    )  # fmt: skip


def _choose(choice: CommitmentChoice) -> Callable[[Hall, Application], object]:
    return lambda hall, it: commitments.choose_commitment(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, choice=choice, expected_version=0
    )


#: By the names of the table; what an alarm does is tried as the alarm would do it.
ACTS: dict[str, Callable[[Hall, Application], object]] = {
    "record": lambda hall, it: materials.record_material(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, declared=WANTED[0], expected_version=0
    ),
    "upload": _upload("form"),
    "upload owed": _upload("note"),
    "accept": lambda hall, it: judge.accept_application(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, expected_version=0
    ),
    "deem accepted": lambda hall, it: judge.deem_accepted(desk=hall.desk, call=hall.by(CLERK), application=it),
    "notice": lambda hall, it: supplement.request_supplement(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, wants=WANTED, expected_version=0
    ),
    "permit": lambda hall, it: supplement.permit_further_notice(
        desk=hall.desk, call=hall.by(SUPERVISOR), application_id=it.id, reason="新规定", expected_version=0
    ),
    "refuse": lambda hall, it: judge.refuse_application(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, reason="不属于受理范围", basis="许可法第三十二条",
        expected_version=0,
    ),
    "lapse": lambda hall, it: supplement.lapse_supplement(desk=hall.desk, call=hall.by(CLERK), application=it),
    "withdraw": lambda hall, it: withdraw.withdraw_application(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, code="", reason="", expected_version=0
    ),
    "transfer": lambda hall, it: transferring.transfer(
        desk=hall.desk, call=hall.by(CLERK), crossing_id=it.crossing_id or "", to_site="620000.x", mark=Mark("g", it.id)
    ),
    "bring owed": lambda hall, it: promises.hand_in_owed(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, code="", declared=OWED, expected_version=0
    ),
    "lapse promise": lambda hall, it: promises.ring(desk=hall.desk, call=hall.by(CLERK), application=it),
    "repair": lambda hall, it: promises.repair_promise(
        desk=hall.desk, call=hall.by(SUPERVISOR), application_id=it.id, reason="已改", expected_version=0
    ),
    "choose": _choose(CommitmentChoice.CHOSEN),
    "sign": lambda hall, it: commitments.sign_commitment(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, code="", signed_by="张三", expected_version=0
    ),
    "verify": lambda hall, it: commitments.verify_commitment(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, result=FindingResult.FULFILLED, said="属实",
        expected_version=0,
    ),
    "tell overdue": lambda hall, it: commitments.tell_overdue(desk=hall.desk, call=hall.by(CLERK), application=it),
    "appeal": lambda hall, it: commitments.appeal_breach(
        desk=hall.desk, call=hall.by(CLERK), application_id=it.id, code="", text="不对", expected_version=0
    ),
    "rule": lambda hall, it: commitments.rule_on_breach(
        desk=hall.desk, call=hall.by(SUPERVISOR), application_id=it.id, upheld=True, ruling="查明", expected_version=0
    ),
    "repair breach": lambda hall, it: commitments.repair_breach(
        desk=hall.desk, call=hall.by(SUPERVISOR), application_id=it.id, reason="已改", expected_version=0
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall for all, on the day when every clock has run out: what is refused changes nothing."""
    made = build_hall(tmp_path_factory.mktemp("hall") / "it")
    made.clock.advance(LATER - made.clock.now())
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def standing(hall: Hall) -> dict[str, Application]:
    """An application in each situation."""
    kept = {}
    for at, (name, make) in enumerate(SITUATIONS.items()):
        here = replace(
            make(), id=f"a-{at}", code=f"code-{at}", number=f"n-{at}", center_id=CENTER_ID, item_id=ITEM_ID,
            department_key=DEPARTMENT, crossing_id=f"crossing-{at}", version=0,
        )  # fmt: skip
        kept[name] = hall.desk.applications.create(here, [], hall.by(CLERK))
    return kept


@pytest.mark.parametrize(
    ("situation", "act"), [pair for pair in product(SITUATIONS, ACTS) if pair[1] not in LEGAL[pair[0]]]
)
def test_what_the_table_does_not_name_is_refused_and_writes_nothing(
    hall: Hall, standing: dict[str, Application], situation: str, act: str
) -> None:
    if act == "lapse promise" and "remind" in LEGAL[situation]:
        return  # the same alarm reminds first
    with refused(hall.store):
        ACTS[act](hall, standing[situation])


def test_the_situations_name_every_state_of_a_commitment(standing: dict[str, Application]) -> None:
    assert {it.undertaking.state for it in standing.values() if it.undertaking} == set(UndertakingState)


# ── Reports that something can't be done ─────────────────────────────────────────────────────────────────────────

CHIEF = actor("chief", id="staff-3", department=DEPARTMENT)


@pytest.mark.parametrize(("state", "agrees"), list(product(DenialState, (True, False))))
def test_a_report_is_answered_while_it_is_open(hall: Hall, state: DenialState, agrees: bool) -> None:
    filed = denials.file_denial_report(
        desk=hall.desk, call=hall.by(actor("clerk", id="staff-4")), center_id=CENTER_ID, item_id=ITEM_ID,
        application_id="", asked_for="在居民楼内开办餐饮", reason="场所不符合条件", basis="",
    )  # fmt: skip
    it = hall.desk.denials.save(replace(filed, state=state), [], hall.by(CLERK))

    def answer() -> object:
        return denials.answer_denial_report(
            desk=hall.desk, call=hall.by(CHIEF), report_id=it.id, agrees=agrees, said="已核", basis="条例第十条",
            expected_version=0,
        )  # fmt: skip

    if state is DenialState.OPEN:
        answer()
        assert hall.desk.denials.get(it.id).version > it.version
        return
    with refused(hall.store, "report_decided"):
        answer()
