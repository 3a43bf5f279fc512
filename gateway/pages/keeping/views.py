"""Lists by which collected papers go to departments, signed by both sides (交接清单; rules B08, C16)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from tongban.intake.v1 import bundles_pb2 as bundles
from tongban.intake.v1 import hand_overs_pb2 as lists

blueprint = Blueprint("keeping", __name__)

STATES = enum_names(lists.PaperListState.DESCRIPTOR)
FOUND = enum_names(lists.PaperLineState.DESCRIPTOR)
SETTLED = enum_names(lists.PaperLineSettlement.DESCRIPTOR)
SHOWN = 30
WAITING_SHOWN = 200
SIDES = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
_WINDOW = ("clerk", "chief")
_WATCHING = ("supervisor", "manager")


@blueprint.get("/paper-lists")
@staff(*SIDES)
def listed() -> Response:
    """What waits, department by department, and a center's lists."""
    return _listed(Form.blank())


@blueprint.post("/paper-lists")
@staff(*_WINDOW)
def draft() -> Response:
    """Makes a list of all that waits for a department."""

    def act(form: Form) -> Response:
        wanted = lists.DraftPaperListRequest(
            center_id=principal().center_id, department_key=form.text("department"), application_ids=form.all("case")
        )
        made = ask(clients().keeping.DraftPaperList, wanted, idempotency_key=form.key).list
        return see("keeping.show", list_id=made.id, done="paper_list_drafted")

    return carry_out(act, _listed)


@blueprint.get("/paper-lists/<list_id>")
@staff(*SIDES)
def show(list_id: str) -> Response:
    """A list, and what whoever looks at it may do."""
    return _show(list_id, Form.blank())


@blueprint.post("/paper-lists/<list_id>/give")
@staff(*_WINDOW)
def give(list_id: str) -> Response:
    """The giver signs."""

    def act(form: Form) -> str:
        wanted = lists.GivePaperListRequest(
            list_id=list_id, list_sha256=form.text("list_sha256"), expected_version=form.version
        )
        ask(clients().keeping.GivePaperList, wanted)
        return "paper_list_given"

    return _done(list_id, act)


@blueprint.post("/paper-lists/<list_id>/withdraw")
@staff(*_WINDOW)
def withdraw(list_id: str) -> Response:
    """It is taken back before the department has signed."""

    def act(form: Form) -> str:
        wanted = lists.WithdrawPaperListRequest(
            list_id=list_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().keeping.WithdrawPaperList, wanted)
        return "paper_list_withdrawn"

    return _done(list_id, act)


@blueprint.post("/paper-lists/<list_id>/receive")
@staff("chief", "reviewer", "approver")
def receive(list_id: str) -> Response:
    """The department signs, line by line."""

    def act(form: Form) -> str:
        wanted = lists.ReceivePaperListRequest(
            list_id=list_id, list_sha256=form.text("list_sha256"), expected_version=form.version
        )
        for number, line in enumerate(_list(list_id).lines):
            state = lists.PaperLineState.ValueType(FOUND.get(form.text(f"state-{number}"), 0))
            wanted.lines.add(
                application_id=line.application_id,
                material_key=line.material_key,
                state=state,
                note=form.text(f"note-{number}"),
            )
        ask(clients().keeping.ReceivePaperList, wanted)
        return "paper_list_received"

    return _done(list_id, act)


@blueprint.post("/paper-lists/<list_id>/settle")
@staff(*_WATCHING)
def settle(list_id: str) -> Response:
    """What became of the lines that differed."""

    def act(form: Form) -> str:
        wanted = lists.SettlePaperListRequest(list_id=list_id, said=form.text("said"), expected_version=form.version)
        for number, line in enumerate(_list(list_id).lines):
            settlement = SETTLED.get(form.text(f"settlement-{number}"), 0)
            if settlement:
                wanted.lines.add(
                    application_id=line.application_id,
                    material_key=line.material_key,
                    settlement=lists.PaperLineSettlement.ValueType(settlement),
                )
        ask(clients().keeping.SettlePaperList, wanted)
        return "paper_list_settled"

    return _done(list_id, act)


def _done(list_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("keeping.show", list_id=list_id, done=act(form)), lambda form: _show(list_id, form)
    )


def _list(list_id: str) -> lists.PaperList:
    return ask(clients().keeping.GetPaperList, lists.GetPaperListRequest(list_id=list_id)).list


def _show(list_id: str, form: Form) -> Response:
    made = _list(list_id)
    mine = principal()
    actor = identity().actor
    return page(
        "keeping/show.html",
        status=form.status,
        list=made,
        departments=department_names(center(made.center_id)),
        window=actor.has(*_WINDOW),
        department=actor.has("chief", "reviewer", "approver") and mine.department_key == made.department_key,
        watching=actor.has(*_WATCHING),
        found=[each for each in FOUND if each != "pending"],
        settlements=list(SETTLED),
        form=form,
    )


def _listed(form: Form) -> Response:
    mine = principal()
    actor = identity().actor
    state = request.args.get("state", "")
    found = ask(
        clients().keeping.ListPaperLists,
        lists.ListPaperListsRequest(
            center_id=mine.center_id,
            state=lists.PaperListState.ValueType(STATES.get(state, 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    waiting: dict[str, list[bundles.PaperBundle]] = {}
    if actor.has(*_WINDOW, *_WATCHING):
        asked = bundles.ListWaitingPapersRequest(center_id=mine.center_id, limit=WAITING_SHOWN)
        for bundle in ask(clients().keeping.ListWaitingPapers, asked).bundles:
            waiting.setdefault(bundle.department_key, []).append(bundle)
    return page(
        "keeping/listed.html",
        status=form.status,
        waiting=waiting,
        departments=department_names(center(mine.center_id)),
        lists=found.lists,
        more=found.next_cursor,
        states=list(STATES),
        chosen=state,
        window=actor.has(*_WINDOW),
        sees_waiting=actor.has(*_WINDOW, *_WATCHING),
        form=form,
    )
