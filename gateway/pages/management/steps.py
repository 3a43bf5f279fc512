"""An item's route: steps in order, side by side or conditional, and where each is done (rules C19, C20, F01, F08, P01)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.labels import LABELS
from gateway.pages.lookups import center, clients, department_names, item
from gateway.pages.management import step_fields as fields
from gateway.pages.rendering import page, see
from gateway.pages.route_picture import picture
from gateway.pages.sites import sites
from kit.errors import Invalid, TongbanError
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import service_pb2 as catalog

blueprint = Blueprint("steps_desk", __name__)


@blueprint.get("/manage/items/<item_id>/<int(max=2147483647):item_version>/steps")
@staff("manager")
def edit(item_id: str, item_version: int) -> Response:
    """The form, as this version has them."""
    found = item(item_id, item_version)
    return _edit(found, found, Form.blank(**fields.as_typed(found)))


@blueprint.post("/manage/items/<item_id>/<int(max=2147483647):item_version>/steps")
@staff("manager")
def save(item_id: str, item_version: int) -> Response:
    """Checks and draws them as they were typed, or keeps them as the item's draft, with all else as this version has it."""
    found = item(item_id, item_version)

    def act(form: Form) -> Response:
        drafted = _drafted(found, form)
        if form.text("do") == "check":
            return _edit(found, drafted, form)
        sent = catalog.DraftItemRequest(item=drafted, expected_version=form.version)
        kept = ask(clients().catalog.DraftItem, sent).item
        return see("management.one_item", item_id=kept.id, item_version=kept.item_version, done="item_drafted")

    def again(form: Form) -> Response:
        try:
            drafted = _drafted(found, form)
        except Invalid:
            drafted = found
        return _edit(found, drafted, form)

    return carry_out(act, again)


def _drafted(found: messages.ServiceItem, form: Form) -> messages.ServiceItem:
    """The item with its steps as they were typed. Raises ``Invalid`` where a number isn't one."""
    steps = fields.typed(found, form)
    drafted = messages.ServiceItem()
    drafted.CopyFrom(found)
    drafted.ClearField("steps")
    drafted.steps.extend(steps)
    return drafted


def _edit(found: messages.ServiceItem, drafted: messages.ServiceItem, form: Form) -> Response:
    at = center(found.center_id)
    names = department_names(at)
    return page(
        "management/steps.html",
        status=form.status,
        item=found,
        form=form,
        by=fields.BY,
        kinds=[(kind, LABELS["StepKind"][kind]) for kind in fields.KINDS],
        behind=[(each.key, each.name) for each in found.steps],
        departments=[(each.key, each.name) for each in at.departments],
        answers=fields.answers_of(found),
        rows=[
            (
                each.key,
                each.name,
                len(each.elsewhere.places) + fields.MORE_PLACES,
                len(each.when) + fields.MORE_CONDITIONS,
            )
            for each in found.steps
        ],
        more=fields.MORE_PLACES,
        more_conditions=fields.MORE_CONDITIONS,
        findings=_findings(drafted),
        drawn=picture(drafted.steps, names, found.department_key),
        sites=sites(*(place.site for each in found.steps for place in each.elsewhere.places)),
    )


def _findings(drafted: messages.ServiceItem) -> catalog.CheckItemResponse:
    """What would keep it from being published; what can't even be checked is said as its one problem."""
    try:
        return ask(clients().catalog.CheckItem, catalog.CheckItemRequest(item=drafted))
    except TongbanError as error:
        found = catalog.ItemFinding(code=error.code, message=error.message)
        return catalog.CheckItemResponse(problems=[found])
