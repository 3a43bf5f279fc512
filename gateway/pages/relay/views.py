"""Links to other sites: what waits, what stands still, what was set aside, and what is done about it (rules P01-P04)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.rendering import page, see
from kit.errors import NotFound
from tongban.relay.v1 import operating_pb2 as messages
from tongban.relay.v1 import service_pb2 as relay

blueprint = Blueprint("relay_desk", __name__)

SHOWN = 50
REPORTS = 10
#: What letters travel by, as the relay names it.
WAYS = {"line": "专线", "partner": "协作接口", "bundle": "离线文件"}


@blueprint.get("/relay")
@staff("admin", "manager")
def links() -> Response:
    """Every link with what waits on it."""
    answer = ask(clients().relay.ListTraffic, relay.ListTrafficRequest())
    return page("relay/links.html", site=answer.site, traffic=answer.traffic, aside=answer.aside, ways=WAYS)


@blueprint.get("/relay/links/<link_id>")
@staff("admin", "manager")
def one_link(link_id: str) -> Response:
    """One link with the letters that its other end doesn't have yet."""
    return _one_link(link_id, Form.blank())


@blueprint.post("/relay/links/<link_id>/reconcile")
@staff("admin")
def reconcile(link_id: str) -> Response:
    """Compares both ends as soon as there is a line."""

    def act(form: Form) -> Response:
        ask(clients().relay.ReconcileLink, relay.ReconcileLinkRequest(link_id=link_id))
        return see("relay_desk.one_link", link_id=link_id, done="reconcile_asked")

    return carry_out(act, lambda form: _one_link(link_id, form))


def _one_link(link_id: str, form: Form) -> Response:
    traffic = traffic_of(ask(clients().relay.ListTraffic, relay.ListTrafficRequest()), link_id)
    after = request.args.get("after", "")
    wanted = relay.ListQueueRequest(
        link_id=link_id, after=int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0, limit=SHOWN
    )
    letters = ask(clients().relay.ListQueue, wanted).letters
    more = letters[-1].sequence if len(letters) == SHOWN and letters[-1].sequence < traffic.sent else 0
    asked = relay.ListReconcileReportsRequest(link_id=link_id, limit=REPORTS)
    return page(
        "relay/link.html",
        status=form.status,
        form=form,
        traffic=traffic,
        letters=letters,
        more=more,
        reports=ask(clients().relay.ListReconcileReports, asked).reports,
        ways=WAYS,
    )


@blueprint.get("/relay/aside")
@staff("admin", "manager")
def aside() -> Response:
    """Letters that were set aside, with the reason of each."""
    return _aside(Form.blank(), "")


@blueprint.post("/relay/aside/<letter_id>/resend")
@staff("admin")
def resend(letter_id: str) -> Response:
    """Passes a letter on, now that its cause is mended."""

    def act(form: Form) -> str:
        sent = relay.ResendLetterRequest(letter_id=letter_id, reason=form.text("reason"))
        ask(clients().relay.ResendLetter, sent)
        return "letter_resent"

    return _done(letter_id, act)


@blueprint.post("/relay/aside/<letter_id>/refuse")
@staff("admin")
def refuse(letter_id: str) -> Response:
    """Refuses a letter for good; its origin is told."""

    def act(form: Form) -> str:
        sent = relay.RefuseLetterRequest(letter_id=letter_id, reason=form.text("reason"))
        ask(clients().relay.RefuseLetter, sent)
        return "letter_refused"

    return _done(letter_id, act)


def traffic_of(answer: relay.ListTrafficResponse, link_id: str) -> messages.Traffic:
    """How one link stands. Raises ``NotFound`` (``link_not_found``)."""
    for each in answer.traffic:
        if each.link_id == link_id:
            return each
    raise NotFound("link_not_found", "没有这条链路，或已终止，请返回链路列表核对。")


def _done(letter_id: str, act: Act) -> Response:
    return carry_out(lambda form: see("relay_desk.aside", done=act(form)), lambda form: _aside(form, letter_id))


def _aside(form: Form, letter_id: str) -> Response:
    wanted = relay.ListLettersAsideRequest(limit=SHOWN, cursor=request.args.get("cursor", ""))
    answer = ask(clients().relay.ListLettersAside, wanted)
    return page(
        "relay/aside.html",
        status=form.status,
        form=form,
        blank=Form.blank(),
        sent=letter_id,
        letters=answer.letters,
        more=answer.next_cursor,
    )
