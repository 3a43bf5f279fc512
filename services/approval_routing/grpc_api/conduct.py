"""The part of approval's RPCs that takes more than one person: conduct of steps, recusals, hearings, notes, questions."""

from __future__ import annotations

import grpc

from kit.call import current_call
from services.approval_routing.case_rows import history_message, inquiry_message, note_message
from services.approval_routing.handlers import conduct, hearings, talk
from services.approval_routing.handlers.office import Office
from services.approval_routing.protos import staff_message
from services.approval_routing.queries import cases
from tongban.approval_routing.v1 import conduct_pb2, service_pb2_grpc, talk_pb2


class ConductApi(service_pb2_grpc.ApprovalRoutingServiceServicer):
    """What is said and done about a step beside passing it on."""

    _office: Office

    def GetCaseHistory(
        self, request: conduct_pb2.GetCaseHistoryRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.GetCaseHistoryResponse:
        case, found = cases.case_history(office=self._office, call=current_call(), case_id=request.case_id)
        return conduct_pb2.GetCaseHistoryResponse(
            lines=map(history_message, case.history), intact=found.intact, broken_at=found.broken_at
        )

    def StepAside(
        self, request: conduct_pb2.StepAsideRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.StepAsideResponse:
        case = conduct.step_aside(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return conduct_pb2.StepAsideResponse(case=staff_message(case))

    def ImposeRecusal(
        self, request: conduct_pb2.ImposeRecusalRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.ImposeRecusalResponse:
        case = conduct.impose_recusal(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            staff_id=request.staff_id,
            reason=request.reason,
            to_staff_id=request.to_staff_id,
            expected_version=request.expected_version,
        )
        return conduct_pb2.ImposeRecusalResponse(case=staff_message(case))

    def DecideRecusal(
        self, request: conduct_pb2.DecideRecusalRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.DecideRecusalResponse:
        case = conduct.decide_recusal(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            staff_id=request.staff_id,
            granted=request.granted,
            opinion=request.opinion,
            to_staff_id=request.to_staff_id,
            expected_version=request.expected_version,
        )
        return conduct_pb2.DecideRecusalResponse(case=staff_message(case))

    def SignStep(
        self, request: conduct_pb2.SignStepRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.SignStepResponse:
        case = conduct.sign_step(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            step_key=request.step_key,
            agrees=request.agrees,
            opinion=request.opinion,
            expected_version=request.expected_version,
        )
        return conduct_pb2.SignStepResponse(case=staff_message(case))

    def RecordStep(
        self, request: conduct_pb2.RecordStepRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.RecordStepResponse:
        case = conduct.record_step(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            step_key=request.step_key,
            text=request.text,
            held_on=request.held_on,
            notified_on=request.notified_on,
            place=request.place,
            people=request.people,
            presided_by=request.presided_by,
            waived=request.waived,
            expected_version=request.expected_version,
        )
        return conduct_pb2.RecordStepResponse(case=staff_message(case))

    def PlanHearing(
        self, request: conduct_pb2.PlanHearingRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.PlanHearingResponse:
        case = hearings.plan_hearing(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            step_key=request.step_key,
            told_on=request.told_on,
            asked_on=request.asked_on,
            notified_on=request.notified_on,
            planned_on=request.planned_on,
            expected_version=request.expected_version,
        )
        return conduct_pb2.PlanHearingResponse(case=staff_message(case))

    def SettlePart(
        self, request: conduct_pb2.SettlePartRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.SettlePartResponse:
        case = conduct.settle_part(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            step_key=request.step_key,
            by_commitment=request.by_commitment,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return conduct_pb2.SettlePartResponse(case=staff_message(case))

    def AddNote(self, request: talk_pb2.AddNoteRequest, context: grpc.ServicerContext) -> talk_pb2.AddNoteResponse:
        note = talk.add_note(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            text=request.text,
            corrects=request.corrects,
        )
        return talk_pb2.AddNoteResponse(note=note_message(note))

    def AskColleague(
        self, request: talk_pb2.AskColleagueRequest, context: grpc.ServicerContext
    ) -> talk_pb2.AskColleagueResponse:
        asked = talk.ask_colleague(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            step_key=request.step_key,
            staff_id=request.staff_id,
            text=request.text,
        )
        return talk_pb2.AskColleagueResponse(question=inquiry_message(asked))

    def AnswerQuestion(
        self, request: talk_pb2.AnswerQuestionRequest, context: grpc.ServicerContext
    ) -> talk_pb2.AnswerQuestionResponse:
        answered = talk.answer_question(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            number=request.number,
            answer=request.answer,
        )
        return talk_pb2.AnswerQuestionResponse(question=inquiry_message(answered))

    def GetCaseTalk(
        self, request: talk_pb2.GetCaseTalkRequest, context: grpc.ServicerContext
    ) -> talk_pb2.GetCaseTalkResponse:
        notes, questions = talk.case_talk(office=self._office, call=current_call(), case_id=request.case_id)
        return talk_pb2.GetCaseTalkResponse(notes=map(note_message, notes), questions=map(inquiry_message, questions))

    def ListQuestions(
        self, request: talk_pb2.ListQuestionsRequest, context: grpc.ServicerContext
    ) -> talk_pb2.ListQuestionsResponse:
        found = talk.list_questions(
            office=self._office,
            call=current_call(),
            center_id=request.center_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        return talk_pb2.ListQuestionsResponse(questions=map(inquiry_message, found.items), next_cursor=found.cursor)
