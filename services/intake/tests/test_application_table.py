"""Every act in every state, from one table: what isn't in it is refused and changes nothing (许可法 32)."""

from collections.abc import Callable
from datetime import datetime

import pytest

from kit.errors import Conflict, Invalid
from kit.testing import MONDAY
from kit.workdays import Limit, Unit
from services.intake.domain import committing, further, promising, transferring, transitions
from services.intake.domain.application import Application, ApplicationState, Channel, Origin, Promise, PromiseDays
from services.intake.domain.dates import End
from services.intake.domain.material import Declared, Material, MaterialState
from services.intake.domain.undertaking import Breach, FindingResult
from services.intake.tests.application_samples import (
    DAY,
    FILE,
    HANDED_IN,
    NOTICE_DUE,
    OFFICER,
    REFUSAL,
    SUPPLEMENT_DUE,
    WANTED,
    received,
)

LATER = SUPPLEMENT_DUE + 400 * DAY
MATERIALS = (
    Material("form", "申请书", True),
    Material("plan", "平面图", True),
    Material("note", "说明", False, deferrable=True),
)


def _received() -> Application:
    return received(materials=MATERIALS, origin=Origin(Channel.ELSEWHERE, "j-1"))


def _noticed() -> Application:
    return transitions.request_supplement(
        _received(), WANTED, officer=OFFICER, due_at=SUPPLEMENT_DUE, lapses=True, now=MONDAY
    )


def _accepted() -> Application:
    return transitions.accept(_received(), officer=OFFICER, on_spot=True, now=MONDAY)


def _promised() -> Application:
    return promising.promise(
        _accepted(),
        ["note"],
        signed_by="张三",
        barred=False,
        remind_at=MONDAY + DAY,
        due=End(LATER),
        counted_from=PromiseDays(10, 3, Limit(10, Unit.WORKING_DAY)),
        now=MONDAY,
    )


def _chosen(application: Application, now: datetime = MONDAY) -> Application:
    return committing.choose(
        application, person="key", waived=["note"], verification_days=20, correction_days=10, barred=False, now=now
    )


def _relied_on() -> Application:
    signed = committing.sign(_chosen(_received()), signed_by="张三", on_paper=True, now=MONDAY)
    accepted = transitions.accept(signed, officer=OFFICER, on_spot=True, now=MONDAY)
    return committing.rely(accepted, barred=False, verify_by=End(MONDAY + DAY), now=MONDAY)


def _found(application: Application, result: FindingResult, now: datetime = MONDAY) -> Application:
    breach = Breach("假", now, None, LATER + DAY)
    return committing.verify(
        application, result=result, said="假", by=OFFICER, correct_by=End(now + DAY), breach=breach, now=now
    )


def _ruled(*, upheld: bool) -> Application:
    return committing.rule(SITUATIONS["appealed"](), upheld=upheld, ruling="查明", by=OFFICER, now=MONDAY)


#: A document in each situation.
SITUATIONS: dict[str, Callable[[], Application]] = {
    "received": _received,
    "noticed": _noticed,
    "supplemented": lambda: transitions.hand_in_supplement(_noticed(), HANDED_IN, notice_due_at=NOTICE_DUE, now=MONDAY),
    "permitted": lambda: further.permit_further_notice(
        SITUATIONS["supplemented"](), by=OFFICER, reason="新规定", now=MONDAY
    ),
    "accepted": _accepted,
    "promised": _promised,
    "lapsed": lambda: promising.lapse_promise(_promised(), now=LATER),
    "kept": lambda: promising.hand_in_owed(_promised(), [Declared("note", MaterialState.HANDED_IN)], now=MONDAY),
    "chosen": lambda: _chosen(_received()),
    "signed": lambda: committing.sign(_chosen(_received()), signed_by="张三", on_paper=True, now=MONDAY),
    "relied on": _relied_on,
    "correcting": lambda: _found(_relied_on(), FindingResult.NOT_FULFILLED),
    "commitment kept": lambda: _found(_relied_on(), FindingResult.FULFILLED),
    "broken": lambda: _found(_relied_on(), FindingResult.FALSE),
    "appealed": lambda: committing.appeal(SITUATIONS["broken"](), text="不对", now=MONDAY),
    "upheld": lambda: _ruled(upheld=True),
    "revoked": lambda: _ruled(upheld=False),
    "refused": lambda: transitions.refuse(_received(), REFUSAL, officer=OFFICER, now=MONDAY),
    "withdrawn": lambda: transitions.withdraw(_received(), reason="", now=MONDAY),
    "held": lambda: transferring.hold(_received(), "offer"),
    "transferred": lambda: transferring.transfer(transferring.hold(_received(), "offer"), MONDAY),
}
ACTS: dict[str, Callable[[Application, datetime], Application]] = {
    "record": lambda it, now: transitions.record_material(it, WANTED[0], now=now),
    "upload": lambda it, now: transitions.attach_upload(it, "form", FILE, now=now),
    "upload owed": lambda it, now: transitions.attach_upload(it, "note", FILE, now=now),
    "accept": lambda it, now: transitions.accept(it, officer=OFFICER, on_spot=True, now=now),
    "deem accepted": lambda it, now: transitions.deem_accepted(it, now=now),
    "notice": lambda it, now: transitions.request_supplement(
        it, WANTED, officer=OFFICER, due_at=now + DAY, lapses=True, now=now
    ),
    "permit": lambda it, now: further.permit_further_notice(it, by=OFFICER, reason="新规定", now=now),
    "refuse": lambda it, now: transitions.refuse(it, REFUSAL, officer=OFFICER, now=now),
    "lapse": lambda it, now: transitions.lapse(it, REFUSAL, notice_due_at=now + DAY, now=now),
    "withdraw": lambda it, now: transitions.withdraw(it, reason="", now=now),
    "hold": lambda it, _: transferring.hold(it, "offer"),
    "transfer": lambda it, now: transferring.transfer(it, now),
    "bring owed": lambda it, now: promising.hand_in_owed(it, [Declared("note", MaterialState.HANDED_IN)], now=now),
    "remind": lambda it, now: promising.remind(it, now=now),
    "lapse promise": lambda it, now: promising.lapse_promise(it, now=now),
    "repair": lambda it, now: promising.repair(it, reason="已改", now=now),
    "choose": _chosen,
    "decline": lambda it, now: committing.decline(it, now=now),
    "sign": lambda it, now: committing.sign(it, signed_by="张三", on_paper=True, now=now),
    "verify": lambda it, now: _found(it, FindingResult.NOT_FULFILLED, now),
    "tell overdue": lambda it, now: committing.tell_overdue(it, now=now),
    "appeal": lambda it, now: committing.appeal(it, text="不对", now=now),
    "rule": lambda it, now: committing.rule(it, upheld=True, ruling="查明", by=OFFICER, now=now),
    "repair breach": lambda it, now: committing.repair(it, reason="已改", now=now),
}
_OPEN = {"record", "upload", "upload owed", "accept", "deem accepted", "refuse", "withdraw"}
#: What may be done, at a time when every clock has run out.
LEGAL: dict[str, set[str]] = {
    "received": _OPEN | {"notice", "hold", "choose", "decline"},
    "noticed": {"record", "upload", "upload owed", "refuse", "lapse", "withdraw"},
    "supplemented": _OPEN | {"permit", "choose", "decline"},
    "permitted": _OPEN | {"notice", "choose", "decline"},
    "accepted": set(),
    "promised": {"upload owed", "bring owed", "remind", "lapse promise"},
    "lapsed": {"repair"},
    "kept": set(),
    "chosen": (_OPEN - {"accept"}) | {"notice", "hold", "decline", "sign"},
    "signed": _OPEN | {"notice", "hold", "decline"},
    "relied on": {"verify", "tell overdue"},
    "correcting": {"verify", "tell overdue"},
    "commitment kept": set(),
    "broken": {"appeal", "repair breach"},
    "appealed": {"rule", "repair breach"},
    "upheld": {"repair breach"},
    "revoked": set(),
    "refused": set(),
    "withdrawn": set(),
    "held": {"transfer"},
    "transferred": set(),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_act_in_every_situation_is_in_the_table_or_refused(situation: str, act: str) -> None:
    before = SITUATIONS[situation]()
    if act in LEGAL[situation]:
        assert ACTS[act](before, LATER) is not before
        return
    with pytest.raises((Conflict, Invalid)):
        ACTS[act](before, LATER)
    assert before == SITUATIONS[situation](), "nothing of it changed"


def test_the_table_names_every_state() -> None:
    assert {make().state for make in SITUATIONS.values()} == set(ApplicationState)
    assert isinstance(_promised().promise, Promise)
