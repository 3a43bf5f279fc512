"""The fields of the form of an item's route: what a version says, and what was typed (rules F08, C19, C20; 许可法 34, 46–48)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.pages.forms import Form
from gateway.pages.labels import WORDS, state_of
from gateway.pages.sites import chosen_site
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import routes_pb2 as routes

#: Who does a step: a role here, or other sites.
ROLES: Final = ("reviewer", "approver", "chief")
ELSEWHERE: Final = {"sent_up": messages.ELSEWHERE_KIND_SENT_UP, "part": messages.ELSEWHERE_KIND_PART}
BY: Final = [*((role, WORDS[role]) for role in ROLES), ("sent_up", "上报上级站点"), ("part", "交其他站点办理")]
#: How a step is done; where nothing is chosen it stays as it was.
KINDS: Final = {name.removeprefix("STEP_KIND_").lower(): number for name, number in routes.StepKind.items() if number}
#: What the form calls the step that is added, and what a step follows that begins with the acceptance.
NEW: Final = "new"
START: Final = "start"
#: Rows of places and of conditions beyond those that a step has.
MORE_PLACES: Final = 2
MORE_CONDITIONS: Final = 2


def typed(found: messages.ServiceItem, form: Form) -> list[messages.Step]:
    """The steps as they were typed, in the order of their numbers, the added one behind the step that it is to follow."""
    kept = [each for each in found.steps if not form.flag(f"{each.key}-dropped")]
    places = {each.key: number for number, each in enumerate(found.steps, 1)}
    kept.sort(key=lambda each: form.number(f"{each.key}-order") or places[each.key])
    added = messages.Step(key=_free_key(found)) if form.text(f"{NEW}-name") else None
    known = [each.key for each in kept]
    steps: list[messages.Step] = []
    if added is not None and form.text(f"{NEW}-behind") not in known:
        steps.append(_step(added, NEW, form, known))
    for each in kept:
        steps.append(_step(each, each.key, form, known))
        if added is not None and form.text(f"{NEW}-behind") == each.key:
            steps.append(_step(added, NEW, form, known))
    return steps


def as_typed(found: messages.ServiceItem) -> dict[str, str]:
    """The fields of a form that would say the steps of a version."""
    fields = {f"{NEW}-behind": found.steps[-1].key if found.steps else ""}
    for number, step in enumerate(found.steps, 1):
        key, elsewhere = step.key, step.HasField("elsewhere")
        fields |= {
            f"{key}-order": str(number),
            f"{key}-name": step.name,
            f"{key}-by": state_of(step.elsewhere, "kind") if elsewhere else step.role,
            f"{key}-department": step.department_key,
            f"{key}-kind": state_of(step, "kind"),
            f"{key}-days": str(step.days or ""),
            f"{key}-signers": str(step.signers or ""),
            f"{key}-notice_days": str(step.notice_days or ""),
        }
        fields |= {f"{key}-after-{one}": "1" for one in step.after}
        fields |= {f"{key}-sign-{one}": "1" for one in step.sign_departments}
        for row, one in enumerate(step.when, 1):
            fields |= {f"{key}-when-{row}-field": one.field, f"{key}-when-{row}-values": "、".join(one.values)}
        for row, place in enumerate(step.elsewhere.places, 1):
            at = f"{key}-{row}"
            fields |= {f"{at}-site": place.site, f"{at}-center_id": place.center_id, f"{at}-title": place.title}
            fields |= {f"{at}-department_key": place.department_key, f"{at}-days": str(place.days or "")}
    return fields


def answers_of(found: messages.ServiceItem) -> list[tuple[str, str]]:
    """What a condition may ask for: questions of the situation, and fields of the form, by their names for people."""
    asked = [
        (one.key, f"{one.label}（{'、'.join(f'{each.key} {each.label}' for each in one.options)}）")
        for one in found.questions
    ]
    try:
        schema = json.loads(found.form_schema or "{}")
        fields = dict(schema.get("properties", {}))
    except (ValueError, AttributeError, TypeError):
        fields = {}
    return asked + [
        (key, str(each.get("title") or key) if isinstance(each, dict) else key) for key, each in fields.items()
    ]


def _step(before: messages.Step, key: str, form: Form, known: Sequence[str]) -> messages.Step:
    """One step as it was typed; what the form doesn't show stays."""
    step = messages.Step()
    step.CopyFrom(before)
    step.name = form.text(f"{key}-name")
    by = form.text(f"{key}-by")
    step.role = by if by in ROLES else ""
    step.department_key = form.text(f"{key}-department")
    if form.text(f"{key}-kind") in KINDS:
        step.kind = routes.StepKind.ValueType(KINDS[form.text(f"{key}-kind")])
    step.days, step.signers = form.number(f"{key}-days"), form.number(f"{key}-signers")
    step.notice_days = form.number(f"{key}-notice_days")
    step.ClearField("after")
    step.after.extend(one for one in (START, *known) if form.flag(f"{key}-after-{one}") and one != before.key)
    step.ClearField("sign_departments")
    prefix = f"{key}-sign-"
    step.sign_departments.extend(name.removeprefix(prefix) for name in form.values if name.startswith(prefix))
    step.ClearField("when")
    step.when.extend(_conditions(key, form))
    step.ClearField("elsewhere")
    if by in ELSEWHERE:
        step.elsewhere.kind = ELSEWHERE[by]
        step.elsewhere.places.extend(_places(key, form, alone=by == "sent_up"))
    return step


def _conditions(key: str, form: Form) -> Iterator[routes.StepCondition]:
    for row in range(1, form.number(f"{key}-conditions") + 1):
        field = form.text(f"{key}-when-{row}-field")
        values = form.text(f"{key}-when-{row}-values").replace("，", "、").replace(",", "、").split("、")
        if field:
            yield routes.StepCondition(field=field, values=[one.strip() for one in values if one.strip()])


def _places(key: str, form: Form, *, alone: bool) -> Iterator[messages.ElsewherePlace]:
    """Where it is done; what is sent up and names no site goes to the center's parent."""
    for place in range(1, form.number(f"{key}-places") + 1):
        at = f"{key}-{place}"
        site = chosen_site(form, f"{at}-site") or ("parent" if alone else "")
        if not site:
            continue
        yield messages.ElsewherePlace(
            site=site,
            center_id=form.text(f"{at}-center_id"),
            department_key=form.text(f"{at}-department_key"),
            days=form.number(f"{at}-days"),
            title=form.text(f"{at}-title"),
        )
        if alone:
            return


def _free_key(found: messages.ServiceItem) -> str:
    taken = {each.key for each in found.steps}
    return next(key for number in range(1, len(taken) + 2) if (key := f"step-{number}") not in taken)
