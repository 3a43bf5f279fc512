"""A center's templates of papers: their words and layout, samples, publishing, and what each edition changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.papers import template_fields as fields
from gateway.pages.rendering import page, see
from gateway.pages.seals.views import KINDS
from gateway.routes.materials import pdf
from gateway.routes.paper_templates import sample
from gateway.wire import build, plain_struct
from kit.errors import NotFound
from reference.papers.layout import COPIES, ROWS, SHAPES
from reference.papers.wording import FIELDS, PARTS
from tongban.catalog.v1 import paper_editions_pb2 as pb

blueprint = Blueprint("templates_desk", __name__)

SHOWN = 20


@blueprint.get("/paper-templates")
@staff("manager")
def listed() -> Response:
    """Every kind of paper: what holds, what will, what is being drafted."""
    mine = principal().center_id
    found = ask(clients().catalog.ListPaperTemplates, pb.ListPaperTemplatesRequest(center_id=mine)).templates
    return page("papers/templates.html", center=center(mine), templates=found, kinds=KINDS)


@blueprint.get("/paper-templates/<kind>")
@staff("manager")
def show(kind: str) -> Response:
    """One kind: its draft, or what holds, to be edited, and its editions."""
    return _show(kind, None) if kind in SHAPES else see("templates_desk.listed")


@blueprint.post("/paper-templates/<kind>/draft")
@staff("manager")
def draft(kind: str) -> Response:
    """Keeps the next edition as a draft."""
    _known(kind)

    def act(form: Form) -> Response:
        wanted = build(
            pb.DraftPaperEditionRequest,
            center_id=principal().center_id,
            kind=kind,
            wording=fields.wording_of(form),
            layout=fields.layout_of(kind, form),
            expected_version=form.number("version"),
        )
        ask(clients().catalog.DraftPaperEdition, wanted)
        return see("templates_desk.show", kind=kind, done="template_drafted")

    return carry_out(act, lambda form: _show(kind, form))


@blueprint.post("/paper-templates/<kind>/preview")
@staff("manager")
def preview(kind: str) -> Response:
    """A sample of what the form says, kept nowhere."""
    _known(kind)

    def act(form: Form) -> Response:
        return _sample(kind, fields.wording_of(form), fields.layout_of(kind, form))

    return carry_out(act, lambda form: _show(kind, form))


@blueprint.post("/paper-templates/<kind>/publish")
@staff("manager")
def publish(kind: str) -> Response:
    """Publishes the draft for a day."""

    _known(kind)

    def act(form: Form) -> Response:
        wanted = pb.PublishPaperEditionRequest(
            center_id=principal().center_id,
            kind=kind,
            number=form.number("number"),
            effective_on=form.text("effective_on"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().catalog.PublishPaperEdition, wanted)
        return see("templates_desk.show", kind=kind, done="template_published")

    return carry_out(act, lambda form: _show(kind, form))


@blueprint.get("/paper-templates/<kind>/editions/<int:number>/sample.pdf")
@staff("manager")
def edition_sample(kind: str, number: int) -> Response:
    """A sample of an edition; 0: as the paper is by itself."""
    _known(kind)
    return _sample(kind, *_template(kind, number))


@blueprint.get("/paper-templates/<kind>/compare")
@staff("manager")
def compare(kind: str) -> Response:
    """What one edition has otherwise than another; 0: as the paper is by itself."""
    if kind not in SHAPES:
        return see("templates_desk.listed")
    form = Form(request.args)
    before, after = form.number("before"), form.number("after")
    changed = fields.differences(kind, _template(kind, before), _template(kind, after))
    return page("papers/compare.html", kind=kind, title=KINDS[kind], before=before, after=after, differences=changed)


def _show(kind: str, form: Form | None) -> Response:
    mine = principal().center_id
    wanted = pb.ListPaperTemplatesRequest(center_id=mine, kind=kind)
    kept = ask(clients().catalog.ListPaperTemplates, wanted).templates[0]
    listed = pb.ListPaperEditionsRequest(center_id=mine, kind=kind, limit=SHOWN, cursor=request.args.get("cursor", ""))
    editions = ask(clients().catalog.ListPaperEditions, listed)
    values = fields.field_values(kind, *_newest(kept))
    shown = form or Form.blank()
    edited = shown if shown.action in ("draft", "preview") else Form(values)
    return page(
        "papers/template.html",
        status=shown.status,
        center=center(mine),
        kind=kind,
        title=KINDS[kind],
        kept=kept,
        editions=editions.editions,
        more=editions.next_cursor,
        form=shown,
        edited=edited,
        shape=SHAPES[kind],
        words=fields.WORDS,
        longest=PARTS,
        known=FIELDS,
        rows=ROWS,
        copies=COPIES,
    )


def _newest(template: pb.PaperTemplate) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the next edition begins with: the draft, else what was published last, else what holds without one."""
    if template.HasField("draft"):
        return _parts(template.draft)
    if template.upcoming:
        return _parts(template.upcoming[-1])
    if template.HasField("in_force"):
        return _parts(template.in_force)
    return plain_struct(template.wording), {}


def _template(kind: str, number: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if not number:
        return {}, {}
    wanted = pb.GetPaperEditionRequest(center_id=principal().center_id, kind=kind, number=number)
    return _parts(ask(clients().catalog.GetPaperEdition, wanted).edition)


def _parts(edition: pb.PaperEdition) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return plain_struct(edition.wording), plain_struct(edition.layout)


def _sample(kind: str, wording: Mapping[str, Any], layout: Mapping[str, Any]) -> Response:
    made = sample(principal().center_id, kind, dict(wording), dict(layout))
    return pdf(made, f"样张-{KINDS[kind]}.pdf")


def _known(kind: str) -> None:
    if kind not in SHAPES:
        raise NotFound("paper_kind_unknown", "没有这种文书，或者它的版式不能修改，请核对文书种类。")
