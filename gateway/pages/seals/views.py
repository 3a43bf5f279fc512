"""The seals of a center: upload, preview, withdraw, and where each was used (rules C02–C04, AA03)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.labels import LABELS
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.uploads import chosen
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.catalog.v1 import seals_pb2 as catalog
from tongban.intake.v1 import papers_pb2 as intake_papers

blueprint = Blueprint("seals_desk", __name__)

SHOWN = 30
#: On which papers a seal may be.
KINDS = {
    **LABELS["PaperKind"],
    "approved": "准予决定书",
    "denied": "不予决定书",
    "special_procedure": "特别程序告知书",
    "extension": "延长办理期限告知书",
    "result": "证照",
    "delivery_slip": "送达回证",
}
_READERS = ("supervisor", "manager")
#: Whoever issues papers; ``service`` for those that are issued by themselves.
_ISSUERS = (
    ("clerk", "窗口人员"),
    ("chief", "首席代表"),
    ("reviewer", "审查人员"),
    ("approver", "审批人员"),
    ("manager", "中心管理人员"),
    ("service", "系统依法自动出具"),
)


@blueprint.get("/seals")
@staff(*_READERS)
def listed() -> Response:
    """A center's seals, and a form for another one."""
    return _listed(Form.blank())


@blueprint.post("/seals")
@staff("manager")
def register() -> Response:
    """Registers one."""

    def act(form: Form) -> Response:
        _, file = chosen()
        wanted = catalog.RegisterSealRequest(
            center_id=principal().center_id,
            department_key=form.text("department_key"),
            name=form.text("name"),
            kinds=form.all("kinds"),
            roles=form.all("roles"),
            image=file.stream.read(),
        )
        seal = ask(clients().catalog.RegisterSeal, wanted, idempotency_key=form.key).seal
        return see("seals_desk.show", seal_id=seal.id, done="seal_registered")

    return carry_out(act, _listed)


@blueprint.get("/seals/<seal_id>")
@staff(*_READERS)
def show(seal_id: str) -> Response:
    """One seal with its picture and the book of its uses."""
    return _show(seal_id, Form.blank())


@blueprint.get("/seals/<seal_id>/picture")
@staff(*_READERS)
def picture(seal_id: str) -> Response:
    """Its picture."""
    return Response(_seal(seal_id).image, content_type="image/png")


@blueprint.post("/seals/<seal_id>/withdraw")
@staff("manager")
def withdraw(seal_id: str) -> Response:
    """Lets it be used no more."""

    def act(form: Form) -> Response:
        wanted = catalog.WithdrawSealRequest(seal_id=seal_id, reason=form.text("reason"), expected_version=form.version)
        ask(clients().catalog.WithdrawSeal, wanted)
        return see("seals_desk.show", seal_id=seal_id, done="seal_withdrawn")

    return carry_out(act, lambda form: _show(seal_id, form))


def _seal(seal_id: str) -> catalog.Seal:
    return ask(clients().catalog.GetSeal, catalog.GetSealRequest(seal_id=seal_id)).seal


def _listed(form: Form) -> Response:
    mine = principal()
    found = ask(
        clients().catalog.ListSeals,
        catalog.ListSealsRequest(center_id=mine.center_id, limit=SHOWN, cursor=request.args.get("cursor", "")),
    )
    at = center(mine.center_id)
    return page(
        "seals/listed.html",
        status=form.status,
        form=form,
        center=at,
        departments=department_names(at),
        seals=found.seals,
        more=found.next_cursor,
        kinds=KINDS,
        issuers=_ISSUERS,
        registers=identity().actor.has("manager"),
    )


def _show(seal_id: str, form: Form) -> Response:
    seal = _seal(seal_id)
    taken = request.args.get("cursor", ""), request.args.get("case_cursor", "")
    intake = ask(
        clients().intake.ListSealedPapers,
        intake_papers.ListSealedPapersRequest(center_id=seal.center_id, seal_id=seal.id, limit=SHOWN, cursor=taken[0]),
    )
    cases = ask(
        clients().case_papers.ListSealedCasePapers,
        case_papers.ListSealedCasePapersRequest(
            center_id=seal.center_id, seal_id=seal.id, limit=SHOWN, cursor=taken[1]
        ),
    )
    return page(
        "seals/seal.html",
        status=form.status,
        form=form,
        seal=seal,
        departments=department_names(center(seal.center_id)),
        kinds=KINDS,
        issuers=dict(_ISSUERS),
        books=(
            ("intake", "收件受理文书", intake.papers, {"cursor": intake.next_cursor, "case_cursor": taken[1] or None}),
            (
                "cases",
                "决定书、告知书和证照",
                cases.papers,
                {"cursor": taken[0] or None, "case_cursor": cases.next_cursor},
            ),
        ),
        more=(intake.next_cursor, cases.next_cursor),
        registers=identity().actor.has("manager"),
    )
