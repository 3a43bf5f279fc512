"""Where an item's steps are done: here, by the site above (上报), or by other sites, each its part (多地联办; rules F01, P01)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.labels import WORDS, state_of
from gateway.pages.lookups import center, clients, item
from gateway.pages.rendering import page, see
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import service_pb2 as catalog

blueprint = Blueprint("steps_desk", __name__)

#: Who does a step: a role here, or other sites.
ROLES = ("reviewer", "approver", "chief")
KINDS = {"sent_up": messages.ELSEWHERE_KIND_SENT_UP, "part": messages.ELSEWHERE_KIND_PART}
BY = [*((role, WORDS[role]) for role in ROLES), ("sent_up", "上报上级站点"), ("part", "交其他站点办理")]
#: What the form calls the step that is added, and how many places it has room for beyond those that a step has.
NEW, MORE_PLACES = "new", 2


@blueprint.get("/manage/items/<item_id>/<int(max=2147483647):item_version>/steps")
@staff("manager")
def edit(item_id: str, item_version: int) -> Response:
    """The form, as this version has them."""
    found = item(item_id, item_version)
    return _edit(found, Form.blank(**_as_typed(found)))


@blueprint.post("/manage/items/<item_id>/<int(max=2147483647):item_version>/steps")
@staff("manager")
def save(item_id: str, item_version: int) -> Response:
    """Keeps them as the item's draft, with all else as this version has it."""
    found = item(item_id, item_version)

    def act(form: Form) -> Response:
        drafted = messages.ServiceItem()
        drafted.CopyFrom(found)
        drafted.ClearField("steps")
        drafted.steps.extend(_typed(found, form))
        sent = catalog.DraftItemRequest(item=drafted, expected_version=form.version)
        kept = ask(clients().catalog.DraftItem, sent).item
        return see("management.one_item", item_id=kept.id, item_version=kept.item_version, done="item_drafted")

    return carry_out(act, lambda form: _edit(found, form))


def _typed(found: messages.ServiceItem, form: Form) -> Iterator[messages.Step]:
    """The steps as they were typed, the added one behind the step that it is to follow."""
    added = _step(messages.Step(key=_free_key(found)), NEW, form) if form.text(f"{NEW}-name") else None
    if added is not None and not form.text(f"{NEW}-behind"):
        yield added
    for each in found.steps:
        if not form.flag(f"{each.key}-dropped"):
            yield _step(each, each.key, form)
        if added is not None and form.text(f"{NEW}-behind") == each.key:
            yield added


def _step(before: messages.Step, key: str, form: Form) -> messages.Step:
    """One step as it was typed; what the form doesn't show stays."""
    step = messages.Step()
    step.CopyFrom(before)
    step.name = form.text(f"{key}-name")
    by = form.text(f"{key}-by")
    step.role = by if by in ROLES else ""
    step.department_key = form.text(f"{key}-department")
    step.ClearField("elsewhere")
    if by in KINDS:
        step.elsewhere.kind = KINDS[by]
        step.elsewhere.places.extend(_places(key, form, alone=by == "sent_up"))
    return step


def _places(key: str, form: Form, *, alone: bool) -> Iterator[messages.ElsewherePlace]:
    """Where it is done; what is sent up and names no site goes to the center's parent."""
    for place in range(1, form.number(f"{key}-places") + 1):
        at = f"{key}-{place}"
        site = form.text(f"{at}-site") or ("parent" if alone else "")
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


def _as_typed(found: messages.ServiceItem) -> dict[str, str]:
    """The fields of a form that would say the steps of a version."""
    fields = {f"{NEW}-behind": found.steps[-1].key if found.steps else ""}
    for step in found.steps:
        elsewhere = step.HasField("elsewhere")
        fields[f"{step.key}-name"] = step.name
        fields[f"{step.key}-by"] = state_of(step.elsewhere, "kind") if elsewhere else step.role
        fields[f"{step.key}-department"] = step.department_key
        for number, place in enumerate(step.elsewhere.places, 1):
            at = f"{step.key}-{number}"
            fields |= {f"{at}-site": place.site, f"{at}-center_id": place.center_id, f"{at}-title": place.title}
            fields |= {f"{at}-department_key": place.department_key, f"{at}-days": str(place.days or "")}
    return fields


def _free_key(found: messages.ServiceItem) -> str:
    taken = {each.key for each in found.steps}
    return next(key for number in range(1, len(taken) + 2) if (key := f"step-{number}") not in taken)


def _edit(found: messages.ServiceItem, form: Form) -> Response:
    return page(
        "management/steps.html",
        status=form.status,
        item=found,
        form=form,
        by=BY,
        behind=[(each.key, each.name) for each in found.steps],
        departments=[(each.key, each.name) for each in center(found.center_id).departments],
        rows=[(each.key, each.name, len(each.elsewhere.places) + MORE_PLACES) for each in found.steps],
        more=MORE_PLACES,
    )
