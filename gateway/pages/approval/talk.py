"""Internal notes and questions to colleagues on the page of a case; the questions that wait for the reader (rules K07)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.approval.desk import show_case, step_key
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from tongban.approval_routing.v1 import talk_pb2 as pb

blueprint = Blueprint("talk_desk", __name__)

_WORKERS = ("reviewer", "approver", "chief")
_ANYBODY = (*_WORKERS, "clerk", "supervisor", "manager")
_SHOWN = 30


@blueprint.post("/approval/cases/<case_id>/note")
@staff(*_WORKERS)
def note(case_id: str) -> Response:
    """A note for the reader's own department."""

    def act(form: Form) -> str:
        sent = pb.AddNoteRequest(case_id=case_id, text=form.text("note"), corrects=form.number("corrects"))
        ask(clients().approval_routing.AddNote, sent)
        return "note_added"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/question")
@staff(*_WORKERS)
def question(case_id: str) -> Response:
    """Asks a colleague about the step."""

    def act(form: Form) -> str:
        sent = pb.AskColleagueRequest(
            case_id=case_id, step_key=step_key(), staff_id=form.text("staff_id"), text=form.text("question")
        )
        ask(clients().approval_routing.AskColleague, sent)
        return "colleague_asked"

    return _done(case_id, act)


@blueprint.get("/questions")
@staff(*_ANYBODY)
def questions() -> Response:
    """What waits for the reader's answer."""
    return _questions(Form.blank())


@blueprint.post("/questions/<case_id>/<int(max=1000):number>/answer")
@staff(*_ANYBODY)
def answer(case_id: str, number: int) -> Response:
    """Answers one of them."""

    def act(form: Form) -> Response:
        sent = pb.AnswerQuestionRequest(case_id=case_id, number=number, answer=form.text("answer"))
        ask(clients().approval_routing.AnswerQuestion, sent)
        return see("talk_desk.questions", done="question_answered")

    return carry_out(act, _questions)


def _questions(form: Form) -> Response:
    mine = principal()
    wanted = pb.ListQuestionsRequest(center_id=mine.center_id, limit=_SHOWN, cursor=request.args.get("cursor", ""))
    found = ask(clients().approval_routing.ListQuestions, wanted)
    return page(
        "approval/questions.html",
        status=form.status,
        questions=found.questions,
        more=found.next_cursor,
        center=center(mine.center_id),
        me_id=mine.staff_id,
        form=form,
    )


def _done(case_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("approval.case", case_id=case_id, done=act(form)), lambda form: show_case(case_id, form)
    )
