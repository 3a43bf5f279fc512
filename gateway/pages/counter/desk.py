"""What a clerk's window shows: its state, the ticket there, and the application that comes of it."""

from __future__ import annotations

from flask import Response, request

from gateway.clients import ask
from gateway.pages.access import principal
from gateway.pages.codes import as_meant
from gateway.pages.drafting import values_of
from gateway.pages.filling import Filling, filling_of
from gateway.pages.forms import Form
from gateway.pages.holdings.offers import on_file
from gateway.pages.lookups import center, clients, department_names, item
from gateway.pages.rendering import page
from kit.errors import Conflict, NotFound, TongbanError
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.approval_routing.v1 import service_pb2 as routing
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.intake.v1 import drafts_pb2 as drafts
from tongban.intake.v1 import messages_pb2 as intake_messages
from tongban.intake.v1 import service_pb2 as intake
from tongban.queuing.v1 import messages_pb2 as messages
from tongban.queuing.v1 import service_pb2 as queuing

#: Held and missed numbers that a window shows.
SHOWN = 10

#: Why a number is marked as missed (facts 8: a reason must be chosen).
MISS_REASONS = ("多次呼叫未到", "已离开大厅", "放弃办理", "取错事项")


def window_of(window_id: str) -> messages.HallWindow:
    """A window of one's own center. Raises ``NotFound``."""
    return _pick(window_id, _hall())


def _hall() -> list[messages.HallWindow]:
    """The windows of one's own center."""
    request = queuing.ListWindowsRequest(center_id=principal().center_id)
    return list(ask(clients().queuing.ListWindows, request).windows)


def _pick(window_id: str, hall: list[messages.HallWindow]) -> messages.HallWindow:
    for window in hall:
        if window.id == window_id:
            return window
    raise NotFound("window_unknown", "本中心没有这个窗口，请重新选择。")


def show_desk(window_id: str, form: Form) -> Response:
    """The whole page of a window."""
    hall = _hall()
    window = _pick(window_id, hall)
    at = center(window.center_id)
    board = ask(clients().queuing.GetBoard, queuing.GetBoardRequest(center_id=at.id))
    ticket = _ticket(window.ticket_id)
    serving = ticket is not None and ticket.state == messages.TICKET_STATE_SERVING
    application = _application(ticket) if ticket is not None and serving else None
    served = item(ticket.item_id, ticket.item_version) if ticket is not None and serving else None
    changes: list[str] = []
    if request.args.get("draft") and served is not None and application is None and not form.action:
        form, changes = _drafted(served, form)
    return page(
        "counter/desk.html",
        status=form.status,
        window=window,
        center=at,
        departments=department_names(at),
        lanes=[each for each in board.lanes if each.lane in window.lanes],
        ticket=ticket,
        others=[each for each in hall if each.id != window.id and each.state == messages.WINDOW_STATE_OPEN],
        item=served,
        filling=filling_at(served, form) if served is not None and application is None else None,
        application=application,
        on_file=on_file(application),
        case=case_of(application.id) if application is not None else None,
        held=_tickets(at.id, messages.TICKET_STATE_HELD, window),
        missed=_tickets(at.id, messages.TICKET_STATE_MISSED, window),
        reasons=MISS_REASONS,
        changes=changes,
        form=form,
    )


def _drafted(served: catalog.ServiceItem, form: Form) -> tuple[Form, list[str]]:
    """The form with what a citizen's draft says, by the code that was shown, and what has changed since."""
    wanted = drafts.OpenDraftRequest(code=as_meant(request.args["draft"]), center_id=served.center_id)
    try:
        answer = ask(clients().preparation.OpenDraft, wanted)
        if answer.draft.item_id != served.id:
            raise Conflict("draft_not_for_item", "该草稿不是这个事项的，请转号或者重新收件。")
    except TongbanError as error:
        form.refuse(error)
        return form, []
    return Form(values_of(answer.draft), action="application"), list(answer.changes)


def filling_at(of: catalog.ServiceItem, form: Form) -> Filling | None:
    """What the item asks in the situation at hand; ``None`` where it asks the same of everybody."""
    if not of.questions and not of.form_schema and not of.HasField("commitment"):
        return None
    return filling_of(of.center_id, of.id, form, request.args)


def case_of(application_id: str) -> cases.Case | None:
    """The case of an application; there is none before acceptance, nor for a moment after it."""
    try:
        return ask(clients().approval_routing.GetCase, routing.GetCaseRequest(case_id=application_id)).case
    except NotFound:
        return None


def _ticket(ticket_id: str) -> messages.Ticket | None:
    if not ticket_id:
        return None
    return ask(clients().queuing.GetTicket, queuing.GetTicketRequest(ticket_id=ticket_id)).ticket


def _application(ticket: messages.Ticket) -> intake_messages.Application | None:
    """The newest application made from a ticket."""
    request = intake.ListApplicationsRequest(center_id=ticket.center_id, ticket_id=ticket.id, limit=20)
    found = ask(clients().intake.ListApplications, request).applications
    return max(found, key=lambda each: (each.received_at.seconds, each.number)) if found else None


def _tickets(
    center_id: str, state: messages.TicketState.ValueType, window: messages.HallWindow
) -> list[messages.Ticket]:
    """Today's numbers in a state that this window could go on with."""
    request = queuing.ListTicketsRequest(center_id=center_id, state=state, limit=100)
    found = ask(clients().queuing.ListTickets, request).tickets
    return [each for each in found if each.lane in window.lanes or each.window_id == window.id][:SHOWN]
