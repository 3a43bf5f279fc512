"""Internal notes (内部备注), and questions to colleagues (征询)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import AnyKey, Body, CenterPath, IdPath, Key, Paging
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.approval_routing.v1 import talk_pb2 as pb

api = ResourceRoutes("talk", "征询与内部备注")

_Words = Annotated[str, Field(min_length=1, max_length=1000)]


class CaseNoteBody(Body):
    """A note."""

    text: _Words
    corrects: Annotated[int, Field(ge=0, le=1000, description="更正第几条；0 为新备注")] = 0


class AskColleagueBody(Body):
    """Whom, about which step, what."""

    staff_id: Key
    step_key: Annotated[AnyKey, Field(description="环节键；多个环节同时办理时须指明")] = ""
    text: _Words


class QuestionAnswerBody(Body):
    """The answer."""

    answer: _Words


class QuestionPath(IdPath):
    """A question of a case."""

    number: Annotated[int, Field(ge=1, le=1000, description="第几次征询")]


@api.get("/cases/<id>/talk", responses=gives(pb.GetCaseTalkResponse))
def get_case_talk(path: IdPath) -> Response:
    """本部门的内部备注，以及办件的征询和答复。"""
    request = pb.GetCaseTalkRequest(case_id=path.id)
    return whole(ask(current_gateway().clients.approval_routing.GetCaseTalk, request))


@api.post("/cases/<id>/notes", responses=gives(pb.CaseNote, 201))
def add_note(path: IdPath, body: CaseNoteBody) -> Response:
    """填写内部备注，只有本部门人员可见；不能修改，可以更正。"""
    request = build(pb.AddNoteRequest, body, case_id=path.id)
    return resource(ask(current_gateway().clients.approval_routing.AddNote, request).note, 201)


@api.post("/cases/<id>/questions", responses=gives(pb.CaseQuestion, 201))
def ask_colleague(path: IdPath, body: AskColleagueBody) -> Response:
    """就所办环节征询同事；期限照常计算。"""
    request = build(pb.AskColleagueRequest, body, case_id=path.id)
    return resource(ask(current_gateway().clients.approval_routing.AskColleague, request).question, 201)


@api.post("/cases/<id>/questions/<number>/answer", responses=gives(pb.CaseQuestion))
def answer_question(path: QuestionPath, body: QuestionAnswerBody) -> Response:
    """答复征询。"""
    request = build(pb.AnswerQuestionRequest, body, case_id=path.id, number=path.number)
    return resource(ask(current_gateway().clients.approval_routing.AnswerQuestion, request).question)


@api.get("/centers/<center>/questions", responses=gives_page(pb.CaseQuestion))
def list_questions(path: CenterPath, query: Paging) -> Response:
    """等待本人答复的征询。"""
    request = build(pb.ListQuestionsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.approval_routing.ListQuestions, request)
    return page(answer.questions, answer.next_cursor)
