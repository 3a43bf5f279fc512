"""Online applications for the center's own items: situation, form, files (rules C11, C14, C15, D03)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask, send
from gateway.context import current_gateway
from gateway.pages.access import citizen
from gateway.pages.drafting import applicant_in, delivery_in, draft_in, values_of
from gateway.pages.filling import commitment_in, filled_in, filling_of
from gateway.pages.forms import Form, carry_out
from gateway.pages.holdings.offers import on_file, take
from gateway.pages.lookups import center, clients, item
from gateway.pages.rendering import page, see
from gateway.uploads import chosen, framed
from kit.errors import Invalid
from tongban.intake.v1 import drafts_pb2 as drafts
from tongban.intake.v1 import following_pb2 as following
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as intake

blueprint = Blueprint("applying", __name__)


@blueprint.get("/apply/<center_id>/<item_id>")
def form(center_id: str, item_id: str) -> Response:
    """What one's situation needs, for anybody; and for the signed-in citizen the form, with a draft's answers."""
    if not request.args.get("draft"):
        return _form(center_id, item_id, Form.blank(**_own()))
    answer = ask(clients().preparation.GetDraft, drafts.GetDraftRequest(draft_id=request.args["draft"]))
    return _form(center_id, item_id, Form.blank(**values_of(answer.draft)), answer.changes)


@blueprint.post("/apply/<center_id>/<item_id>/draft")
@citizen
def save(center_id: str, item_id: str) -> Response:
    """Keeps what was filled in so far (rules C15)."""

    def act(sent: Form) -> Response:
        wanted = draft_in(sent, filling_of(center_id, item_id, sent, {}), center_id, item_id)
        draft = ask(clients().preparation.SaveDraft, wanted).draft
        return see("applying.form", center_id=center_id, item_id=item_id, draft=draft.id, done="draft_saved")

    return carry_out(act, lambda sent: _form(center_id, item_id, sent))


@blueprint.get("/my/drafts")
@citizen
def listed() -> Response:
    """One's own drafts."""
    found = ask(clients().preparation.ListDrafts, drafts.ListDraftsRequest()).drafts
    return page("applying/drafts.html", drafts=found)


@blueprint.post("/my/drafts/<draft_id>/discard")
@citizen
def discard(draft_id: str) -> Response:
    """Throws a draft away."""
    ask(clients().preparation.DiscardDraft, drafts.DiscardDraftRequest(draft_id=draft_id))
    return see("applying.listed", done="draft_discarded")


@blueprint.post("/apply/<center_id>/<item_id>")
@citizen
def hand_in(center_id: str, item_id: str) -> Response:
    """Hands the application in; its files come next."""

    def act(sent: Form) -> Response:
        filling = filling_of(center_id, item_id, sent, {})
        wanted = intake.ReceiveApplicationRequest(
            center_id=center_id,
            item_id=item_id,
            applicant=applicant_in(sent),
            delivery=delivery_in(sent),
            situation=filling.situation,
            form_json=filled_in(sent, filling),
            commitment=commitment_in(sent),
            draft_code=sent.text("draft_code"),
        )
        application = ask(clients().intake.ReceiveApplication, wanted, idempotency_key=sent.key).application
        return see("applying.materials", code=application.code, done="handed_in")

    return carry_out(act, lambda sent: _form(center_id, item_id, sent))


@blueprint.get("/my/applications/<code>")
@citizen
def materials(code: str) -> Response:
    """The materials of an application, to upload what is wanted."""
    return _materials(code, Form.blank())


@blueprint.post("/my/applications/<code>/materials/<key>/upload")
@citizen
def upload(code: str, key: str) -> Response:
    """Adds a file to a material."""

    def act(_form: Form) -> Response:
        filename, file = chosen()
        header = intake.UploadHeader(code=code, material_key=key, filename=filename, media_type=file.mimetype)
        frames = framed(intake.UploadMaterialRequest, header, file)
        send(clients().intake.UploadMaterial, frames, intake.UploadMaterialResponse)
        return see("applying.materials", code=code, done="uploaded")

    return carry_out(act, lambda sent: _materials(code, sent))


@blueprint.post("/my/applications/<code>/materials/<key>/reuse")
@citizen
def reuse(code: str, key: str) -> Response:
    """Takes a material from what is on file of oneself (rules C15)."""

    def act(form: Form) -> Response:
        take(form, key, code=code)
        return see("applying.materials", code=code, done="reused")

    return carry_out(act, lambda sent: _materials(code, sent))


@blueprint.post("/my/applications/<code>/sign")
@citizen
def sign(code: str) -> Response:
    """Signs the letter of commitment, by whoever signed in (rules D05)."""

    def act(form: Form) -> Response:
        if not form.flag("read"):
            raise Invalid("not_confirmed", "请先阅读告知承诺书全文，勾选确认后再签署。", field="read")
        sent = following.SignCommitmentRequest(
            code=code, signed_by=form.text("signed_by"), expected_version=form.version
        )
        ask(clients().intake.SignCommitment, sent)
        return see("applying.materials", code=code, done="commitment_signed")

    return carry_out(act, lambda sent: _materials(code, sent))


@blueprint.post("/my/applications/<code>/appeal")
@citizen
def appeal(code: str) -> Response:
    """Objects to the record that a commitment wasn't kept (rules D04)."""

    def act(form: Form) -> Response:
        sent = following.AppealBreachRequest(code=code, text=form.text("text"), expected_version=form.version)
        ask(clients().intake.AppealBreach, sent)
        return see("applying.materials", code=code, done="breach_appealed")

    return carry_out(act, lambda sent: _materials(code, sent))


@blueprint.post("/my/applications/<code>/supplement")
@citizen
def supplement(code: str) -> Response:
    """Hands in what a notice asked for; what was uploaded counts as handed in (rules C07)."""

    def act(form: Form) -> Response:
        sent = intake.HandInSupplementRequest(code=code, materials=_ticked(form), expected_version=form.version)
        ask(clients().intake.HandInSupplement, sent)
        return see("applying.materials", code=code, done="supplemented")

    return carry_out(act, lambda sent: _materials(code, sent))


@blueprint.post("/my/applications/<code>/owed")
@citizen
def owed(code: str) -> Response:
    """Brings what was promised for later (rules D02)."""

    def act(form: Form) -> Response:
        sent = intake.HandInOwedRequest(code=code, materials=_ticked(form), expected_version=form.version)
        ask(clients().intake.HandInOwed, sent)
        return see("applying.materials", code=code, done="owed_brought")

    return carry_out(act, lambda sent: _materials(code, sent))


@blueprint.post("/my/applications/<code>/withdraw")
@citizen
def withdraw(code: str) -> Response:
    """Takes it back before it is judged."""

    def act(form: Form) -> Response:
        sent = intake.WithdrawApplicationRequest(code=code, reason=form.text("reason"), expected_version=form.version)
        ask(clients().intake.WithdrawApplication, sent)
        return see("applying.materials", code=code, done="withdrawn")

    return carry_out(act, lambda sent: _materials(code, sent))


def _ticked(form: Form) -> list[intake.DeclaredMaterial]:
    """The materials that a form says are handed in. Raises ``Invalid`` where it names none."""
    keys = [name.removeprefix("brought-") for name in form.values if name.startswith("brought-")]
    if not keys:
        raise Invalid("nothing_brought", "请先上传材料，再勾选已经提交的材料。")
    return [intake.DeclaredMaterial(key=key, state=messages.MATERIAL_STATE_HANDED_IN) for key in keys]


def _own() -> dict[str, str]:
    """What a citizen who has signed in needn't type again; it may still be changed."""
    if not identity().actor.has("citizen"):
        return {}
    person = current_gateway().citizens.person(identity().session_token)
    return {"applicant_name": person.name, "id_number": person.id_number} if person else {}


def _form(center_id: str, item_id: str, sent: Form, changes: Sequence[str] = ()) -> Response:
    return page(
        "applying/form.html",
        status=sent.status,
        center=center(center_id),
        item=item(item_id),
        filling=filling_of(center_id, item_id, sent, request.args),
        form=sent,
        signed_in=identity().actor.has("citizen"),
        changes=changes,
    )


def _materials(code: str, sent: Form) -> Response:
    application = ask(clients().intake.GetApplication, intake.GetApplicationRequest(code=code)).application
    return page(
        "applying/materials.html",
        status=sent.status,
        application=application,
        code=code,
        form=sent,
        on_file=on_file(application, code),
    )
