"""Accepting on a written promise to bring secondary materials later (容缺受理; rules D01, D02)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict, Invalid
from services.intake.domain.application import Application, ApplicationState, Owed, Promise, PromiseDays
from services.intake.domain.dates import End
from services.intake.domain.material import Declared, declare


def promise(
    application: Application,
    keys: Sequence[str],
    *,
    signed_by: str,
    barred: bool,
    remind_at: datetime,
    due: End,
    counted_from: PromiseDays,
    now: datetime,
) -> Application:
    """With the promise that it is then accepted on (rules D01).

    Raises ``Conflict``: the person hasn't kept an earlier one (``promise_barred``); ``Invalid``: nobody signed
    (``promise_unsigned``), a material that the item doesn't let come later (``material_not_deferrable``), that is in
    order (``material_in_order``), or named twice (``material_repeated``).
    """
    if barred:
        raise Conflict(
            "promise_barred",
            "申请人此前的容缺承诺未履行且尚未修复，不能再次容缺受理；请补齐材料后受理。",
            field="deferred",
        )
    if not signed_by:
        raise Invalid("promise_unsigned", "容缺受理须由申请人书面承诺，请填写签署承诺书的人。", field="signed_by")
    if len(set(keys)) != len(keys):
        raise Invalid("material_repeated", "同一份材料填写了两次，请合并后再提交。", field="deferred")
    owed = []
    for key in keys:
        material = application.material(key)
        if material is None or not material.deferrable:
            raise Invalid(
                "material_not_deferrable",
                "只有办事指南列明可以容缺的次要材料可以后补。",
                field="deferred",
                material=key[:64],
            )
        if material.state.in_order:
            raise Invalid("material_in_order", f"材料“{material.name}”已经齐全，不需要容缺。", field="deferred")
        owed.append(Owed(material.key, material.name))
    made = Promise(
        signed_by,
        tuple(owed),
        now,
        min(remind_at, due.at),
        due.at,
        counted_from=counted_from,
        provisional=due.provisional,
    )
    return replace(application, promise=made)


def moved(made: Promise, *, remind_at: datetime, due: End) -> Promise:
    """The promise with its dates by another calendar: never shorter than the paper in the applicant's hands says.

    That is our own choice; a reminder that was given stands.
    """
    due_at = max(due.at, made.due_at)
    remind_at = made.remind_at if made.reminded_at else min(remind_at, due_at)
    return replace(made, due_at=due_at, remind_at=remind_at, provisional=due.provisional)


def hand_in_owed(application: Application, declared: Iterable[Declared], *, now: datetime) -> Application:
    """Takes in what was promised; with the last of it the promise is kept.

    Raises ``Conflict`` unless something is owed (``nothing_owed``) and in time (``promise_period_over``); ``Invalid``
    for a material that isn't owed (``material_not_owed``) or isn't handed in (``owed_material_not_there``), and as
    ``declare`` does.
    """
    made = _open(application)
    if now > made.due_at:
        raise Conflict("promise_period_over", "容缺补交期限已过，不再适用容缺受理。", due_at=made.due_at.isoformat())
    declared = tuple(declared)
    open_keys = {one.key for one in made.owed if one.brought_at is None}
    for one in declared:
        if one.key not in open_keys:
            raise Invalid("material_not_owed", "该材料不在承诺后补的材料中，或者已经补交。", material=one.key[:64])
        if not one.state.in_order:
            raise Invalid("owed_material_not_there", "后补的材料应当齐全并符合要求，请核对后登记。", material=one.key)
    materials = declare(application.materials, declared)
    brought = {one.key for one in declared}
    owed = tuple(replace(one, brought_at=now) if one.key in brought else one for one in made.owed)
    fulfilled = now if all(one.brought_at for one in owed) else None
    return replace(application, materials=materials, promise=replace(made, owed=owed, fulfilled_at=fulfilled))


def remind(application: Application, *, now: datetime) -> Application:
    """The applicant is told that it is soon due. Raises ``Conflict`` (``nothing_owed``, ``promise_not_due``)."""
    made = _open(application)
    if made.reminded_at is not None or now < made.remind_at:
        raise Conflict("promise_not_due", "尚未到提醒时间。", id=application.id)
    return replace(application, promise=replace(made, reminded_at=now))


def lapse_promise(application: Application, *, now: datetime) -> Application:
    """It wasn't kept: the normal rule holds again (rules D02). Raises ``Conflict`` (``nothing_owed``, ``promise_not_due``)."""
    made = _open(application)
    if now < made.due_at:
        raise Conflict("promise_not_due", "容缺补交期限尚未届满。", id=application.id)
    return replace(application, promise=replace(made, lapsed_at=now))


def repair(application: Application, *, reason: str, now: datetime) -> Application:
    """The person may promise again (信用修复). Raises ``Conflict`` (``promise_not_lapsed``)."""
    made = application.promise
    if made is None or not made.bars:
        raise Conflict("promise_not_lapsed", "该申请没有未履行且待修复的容缺承诺。", id=application.id)
    return replace(application, promise=replace(made, repaired_at=now, repair_reason=reason))


def owes(application: Application, key: str) -> bool:
    """Whether a material is still owed."""
    made = application.promise
    return made is not None and made.open and any(one.key == key and one.brought_at is None for one in made.owed)


def _open(application: Application) -> Promise:
    made = application.promise
    if application.state is not ApplicationState.ACCEPTED or made is None or not made.open:
        raise Conflict("nothing_owed", "该申请没有待补交的容缺材料。", state=application.state.value)
    return made
