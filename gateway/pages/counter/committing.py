"""At the window: by commitment or not, and the letter signed (rules D03–D05)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.counter.applications import done
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from gateway.wire import enum_names
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import following_pb2 as following

blueprint = Blueprint("committing", __name__)

CHOICES = enum_names(commitments.CommitmentChoice.DESCRIPTOR)


@blueprint.post("/applications/<application_id>/commitment/choose")
@staff("clerk", "chief")
def choose(application_id: str) -> Response:
    """To the commitment, or back to the ordinary procedure."""

    def act(form: Form) -> str:
        choice = commitments.CommitmentChoice.ValueType(CHOICES.get(form.text("choice"), 0))
        sent = following.ChooseCommitmentRequest(
            application_id=application_id, choice=choice, expected_version=form.version
        )
        ask(clients().intake.ChooseCommitment, sent)
        return "commitment_chosen" if choice == commitments.COMMITMENT_CHOICE_CHOSEN else "commitment_declined"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/commitment/sign")
@staff("clerk", "chief")
def sign(application_id: str) -> Response:
    """The signed letter is taken in."""

    def act(form: Form) -> str:
        sent = following.SignCommitmentRequest(
            application_id=application_id, signed_by=form.text("signed_by"), expected_version=form.version
        )
        ask(clients().intake.SignCommitment, sent)
        return "commitment_signed"

    return done(application_id, act)
