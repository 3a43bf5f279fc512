"""How a step is done that isn't one person's review: who signs it, what is recorded of it (rules C20, E03; 许可法 34, 46–48)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from kit.errors import Conflict, Forbidden, Invalid
from kit.workdays import local_date
from services.approval_routing.domain.access import require_held, require_running, require_unbiased
from services.approval_routing.domain.case import Case, CaseStep, StepKind, StepState, with_step
from services.approval_routing.domain.records import Signature, StepRecord
from services.approval_routing.domain.worker import Worker

#: Between the notice of a hearing and the day that it is held (许可法 48).
HEARING_NOTICE_DAYS: Final = 7
_RECORDED: Final = {
    StepKind.SITE_VISIT: "现场核查",
    StepKind.EXPERT_REVIEW: "专家评审",
    StepKind.HEARING: "听证",
    StepKind.DISCUSSION: "集体讨论",
    StepKind.PUBLIC_NOTICE: "公示",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """What a step still needs before it can be passed."""

    code: str
    message: str


def sign(case: Case, worker: Worker, *, agrees: bool, opinion: str, now: datetime, step_key: str = "") -> Case:
    """Signs a step that somebody else does: a second pair of eyes, a fellow visitor, a department of a countersign.

    Raises ``Conflict`` (``signature_not_wanted``, ``step_not_claimed``, ``already_signed``), ``Forbidden``
    (``signature_own_step``, ``signature_not_allowed``, ``recused``), ``Invalid`` (``text_required``: who disagrees says why).
    """
    position, step = require_running(case, step_key, lambda each: _wants(each, worker))
    require_unbiased(case, worker)
    if not step.signers and not step.sign_departments:
        raise Conflict("signature_not_wanted", f"环节“{step.name}”不需要他人签署。", step=step.key)
    if step.state is not StepState.CLAIMED:
        raise Conflict("step_not_claimed", "该环节尚未认领，认领后方可签署。", step=step.key)
    if step.held_by(worker):
        raise Forbidden("signature_own_step", "不能为自己办理的环节签署，请由其他人员签署。", step=step.key)
    if worker.department not in (step.department_key, *step.sign_departments):
        raise Forbidden("signature_not_allowed", "您所在部门不参与该环节，不能签署。", step=step.key)
    if not agrees and not opinion:
        raise Invalid("text_required", "不同意的请写明意见。", field="opinion")
    if any(each.staff_id == worker.id for each in step.signatures):
        raise Conflict("already_signed", "您已签署该环节。", step=step.key)
    signed = Signature(worker.id, worker.name, worker.department, agrees, opinion, now)
    return with_step(case, position, replace(step, signatures=(*step.signatures, signed)))


def record(case: Case, worker: Worker, said: StepRecord, *, now: datetime, step_key: str = "") -> Case:
    """Writes down how the step was done, by who holds it; again replaces it until the step is passed.

    A notice's days run from its first record. Raises ``Conflict`` (``record_not_wanted``), ``Invalid``
    (``text_required``, ``record_people_missing``, ``record_day_invalid``, ``hearing_notice_short``,
    ``hearing_presider_examined``), and what ``require_held`` raises.
    """
    position, step = require_held(case, worker, step_key)
    if step.kind not in _RECORDED:
        raise Conflict("record_not_wanted", f"环节“{step.name}”不需要登记办理记录。", step=step.key)
    if not said.text:
        raise Invalid("text_required", f"请写明{_RECORDED[step.kind]}的情况和结论。", field="text")
    if step.kind is StepKind.PUBLIC_NOTICE:
        begun = step.record.recorded_at if step.record else now
        said = replace(said, recorded_at=begun)
    else:
        _require_held_by_then(step, said, local_date(now))
    if step.kind is StepKind.HEARING and not said.waived:
        _require_fair(case, said)
    if step.kind is StepKind.EXPERT_REVIEW and not said.people:
        raise Invalid("record_people_missing", "请填写评审专家。", field="people")
    return with_step(case, position, replace(step.by(worker), record=said))


def require_conducted(step: CaseStep, now: datetime) -> None:
    """Raises ``Conflict`` with the code of what the step still needs: signatures, its record, the days of its notice."""
    missing = still_missing(step, now)
    if missing is not None:
        raise Conflict(missing.code, missing.message, step=step.key)


def still_missing(step: CaseStep, now: datetime) -> Missing | None:
    """What the step still needs before it can be passed; None: nothing."""
    against = [each for each in step.signatures if not each.agrees]
    if against:
        return Missing(
            "signature_disagrees", f"{against[0].name}签署了不同意见，请退回上一环节或者建议不予许可，不能直接通过。"
        )
    if len(step.signatures) < step.signers:
        return Missing("signatures_missing", f"本环节还需 {step.signers - len(step.signatures)} 人签署后才能通过。")
    signed = {each.department_key for each in step.signatures}
    lacking = [key for key in step.sign_departments if key not in signed]
    if lacking:
        return Missing("countersign_missing", f"还有 {len(lacking)} 个会签部门没有签署，请联系其签署后再通过。")
    if step.kind in _RECORDED and step.record is None:
        return Missing("record_missing", f"请先登记{_RECORDED[step.kind]}的记录，再通过本环节。")
    if step.kind is StepKind.PUBLIC_NOTICE and step.record is not None:
        until = local_date(step.record.recorded_at) + timedelta(days=step.notice_days)
        if local_date(now) <= until:
            return Missing("notice_still_standing", f"公示期至 {until:%Y-%m-%d}，期满后才能通过。")
    return None


def _wants(step: CaseStep, worker: Worker) -> bool:
    return bool(step.signers or step.sign_departments) and worker.department in (
        step.department_key,
        *step.sign_departments,
    )


def _require_held_by_then(step: CaseStep, said: StepRecord, today: date) -> None:
    if step.kind is StepKind.HEARING and said.waived:
        return
    if said.held_on is None or said.held_on > today:
        raise Invalid("record_day_invalid", f"请填写{_RECORDED[step.kind]}的日期，不能晚于今天。", field="held_on")


def _require_fair(case: Case, said: StepRecord) -> None:
    """许可法 48: told seven days before; presided over by somebody who didn't examine the application."""
    if said.notified_on is None or said.held_on is None or (said.held_on - said.notified_on).days < HEARING_NOTICE_DAYS:
        raise Invalid(
            "hearing_notice_short",
            f"听证应在举行 {HEARING_NOTICE_DAYS} 日前通知（许可法第四十八条），请核对通知日期和举行日期。",
            field="notified_on",
        )
    if not said.presided_by:
        raise Invalid("text_required", "请填写听证主持人。", field="presided_by")
    if said.presided_by in {name for step in case.steps for name in (step.assignee_name, step.stand_in_name) if name}:
        raise Invalid(
            "hearing_presider_examined",
            "听证主持人应是审查该申请的人员以外的人（许可法第四十八条），请另行指定。",
            field="presided_by",
        )
