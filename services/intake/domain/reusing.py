"""Taking a material from what is on file instead of having it handed in again (rules C15, F01; 国办函〔2016〕108号)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import local_date
from services.intake.domain.application import Application
from services.intake.domain.material import Material, MaterialState, Upload, complete_since
from services.intake.domain.reuse import Reuse
from services.intake.domain.transferring import require_not_held

NEEDS_ORIGINAL: Final = "引用的材料由用户上传，须到窗口核验原件。"


def reusable(application: Application) -> tuple[Material, ...]:
    """The materials that something on file may still stand for; none once it is judged."""
    if application.state.judged or application.held_for:
        return ()
    return tuple(
        each for each in application.materials if not each.waived and not each.state.in_order and not _stands(each)
    )


def require_reusable(application: Application, key: str) -> Material:
    """The material that is to be taken from the file.

    Raises ``Conflict`` (``application_already_judged``, ``material_in_order``, ``material_waived``), ``Invalid``
    (``material_unknown``).
    """
    require_not_held(application)
    if application.state.judged:
        raise Conflict(
            "application_already_judged", "该申请已作出处理，不能再引用库中材料。", state=application.state.value
        )
    material = application.material(key)
    if material is None:
        raise Invalid("material_unknown", f"该事项没有编号为“{key}”的材料，请核对材料清单。", material=key)
    if material.waived:
        raise Conflict("material_waived", f"材料“{material.name}”由申请人承诺代替，无需提交。", material=key)
    if material.state.in_order:
        raise Conflict("material_in_order", f"材料“{material.name}”已经提交，无需引用。", material=key)
    return material


def reuse_material(
    application: Application,
    key: str,
    reuse: Reuse,
    uploads: tuple[Upload, ...],
    *,
    original_seen: bool,
    now: datetime,
) -> Application:
    """A paper on file stands for a material; one whose original must be seen counts only once it was.

    What was uploaded for it before makes way. Raises as ``require_reusable``.
    """
    material = require_reusable(application, key)
    counts = original_seen or not reuse.needs_original
    taken = replace(
        material,
        state=MaterialState.HANDED_IN if counts else MaterialState.INCOMPLETE,
        problem="" if counts else NEEDS_ORIGINAL,
        uploads=uploads,
        original_seen=original_seen,
        reuse=reuse,
    )
    return _with(application, taken, now)


def end_reuse(application: Application, key: str, holding_id: str, *, reason: str, at: datetime) -> Application:
    """What a material was taken from holds no more: before it is judged another one is wanted; after, it is noted.

    Told again, or of something that doesn't stand for the material any more, it changes nothing.
    """
    material = application.material(key)
    if material is None or material.reuse is None or material.reuse.holding_id != holding_id:
        return application
    if material.reuse.ended_at is not None:
        return application
    ended = replace(material, reuse=replace(material.reuse, end_reason=reason, ended_at=at))
    if not application.state.judged and not material.original_seen:
        problem = f"引用的库中材料已失效（{reason}），请重新提交。"
        ended = replace(ended, state=MaterialState.INCOMPLETE, problem=problem)
    return _with(application, ended, at)


def require_in_force(application: Application, now: datetime) -> None:
    """What was taken from the file holds on this day. Raises ``Conflict`` (``reused_material_expired``)."""
    today = local_date(now)
    names = "、".join(
        each.name
        for each in application.materials
        if each.reuse is not None
        and each.state.in_order
        and not each.original_seen
        and each.reuse.valid_until is not None
        and each.reuse.valid_until < today
    )
    if names:
        raise Conflict(
            "reused_material_expired", f"引用的库中材料已过有效期：{names}。请提交新的材料后再受理。", materials=names
        )


def _stands(material: Material) -> bool:
    """Whether something on file was chosen already, and only its original is to be seen."""
    return material.reuse is not None and material.reuse.ended_at is None


def _with(application: Application, changed: Material, now: datetime) -> Application:
    materials = tuple(changed if each.key == changed.key else each for each in application.materials)
    since = complete_since(materials, application.complete_since, now)
    return replace(application, materials=materials, complete_since=since)
