"""The evaluation page (好差评): five levels, once, free of pressure (rules Q01, Q02, Q04)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from tongban.evaluation.v1 import messages_pb2 as messages
from tongban.evaluation.v1 import service_pb2 as evaluation

blueprint = Blueprint("evaluation", __name__)

#: What a service is judged by (rules Q03), as tags that may be chosen beside a level.
TAGS = ("服务态度", "办事效率", "业务能力", "一次性告知", "环境设施", "纪律作风")


@blueprint.get("/e/<code>")
def form(code: str) -> Response:
    """The levels to choose from; or that it was done, or is too late."""
    return _show(code, Form.blank())


@blueprint.post("/e/<code>")
def submit(code: str) -> Response:
    """Judges the service, once."""

    def act(sent: Form) -> Response:
        level = sent.number("level")
        request = evaluation.SubmitEvaluationRequest(
            code=code,
            level=messages.Level.ValueType(level if level in messages.Level.values() else 0),
            tags=[tag for tag in TAGS if sent.flag(f"tag-{tag}")],
            comment=sent.text("comment"),
            channel="qr",
        )
        ask(clients().evaluation.SubmitEvaluation, request)
        return see("evaluation.form", code=code)

    return carry_out(act, lambda sent: _show(code, sent))


def _show(code: str, sent: Form) -> Response:
    found = ask(clients().evaluation.GetInvitation, evaluation.GetInvitationRequest(code=code)).evaluation
    return page(
        "evaluation/form.html",
        status=sent.status,
        evaluation=found,
        center=center(found.center_id),
        form=sent,
        tags=TAGS,
    )
