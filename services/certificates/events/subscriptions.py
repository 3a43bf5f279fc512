"""What certificates listens to: accepted applications, and results from their issue to their end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from kit.consumer import Delivery, Subscription
from kit.events import event_type, topic_of
from kit.store.port import AlreadyApplied, Mark
from kit.timestamps import from_timestamp
from services.certificates.domain.holding import Ending, Holder, HoldingState, PaperFile
from services.certificates.domain.trust import Trust
from services.certificates.handlers import keeping
from services.certificates.handlers.keeping import Accepted, HandedIn, Result
from services.certificates.handlers.library import Library
from tongban.approval_routing.v1 import certificates_pb2 as endings
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as applications

GROUP: Final = "certificates.holdings"
#: What the signed letter of a commitment is called among an application's materials.
_LETTER: Final = "commitment-letter"
_ENDS: Final = {
    endings.RESULT_END_KIND_REVOKED: "撤销",
    endings.RESULT_END_KIND_CANCELLED: "注销",
}


def subscription(library: Library) -> Subscription:
    """Papers come on file and go from it."""

    def accepted(delivery: Delivery) -> None:
        _keep_application(library, delivery, delivery.read(intake.ApplicationAccepted).application)

    def brought(delivery: Delivery) -> None:
        _keep_application(library, delivery, delivery.read(intake.OwedMaterialHandedIn).application)

    def issued(delivery: Delivery) -> None:
        case = delivery.read(approval.ResultIssued).case
        if case.decision.outcome == cases.OUTCOME_APPROVED:
            _keep_result(library, delivery, case)

    def ended(delivery: Delivery) -> None:
        case = delivery.read(approval.ResultEnded).case
        end = case.result.ended
        reason = f"{_ENDS.get(end.kind, '失效')}：{end.reason}"[:500]
        keeping.end_result(
            library=library,
            call=delivery.call,
            case_id=case.id,
            center_id=case.center_id,
            ending=Ending(HoldingState.REVOKED, reason, from_timestamp(end.at)),
            mark=delivery.mark(),
        )

    def went_on(delivery: Delivery) -> None:
        licence = delivery.read(approval.LicenceContinued).licence
        keeping.continue_result(
            library=library,
            call=delivery.call,
            case_id=licence.id,
            center_id=licence.center_id,
            mark=delivery.mark(),
        )

    return Subscription(
        GROUP,
        (topic_of("intake"), topic_of("approval_routing")),
        {
            event_type("intake", "ApplicationAccepted"): accepted,
            event_type("intake", "OwedMaterialHandedIn"): brought,
            event_type("approval_routing", "ResultIssued"): issued,
            event_type("approval_routing", "ResultEnded"): ended,
            event_type("approval_routing", "LicenceContinued"): went_on,
        },
    )


def _keep_application(library: Library, delivery: Delivery, message: applications.Application) -> None:
    """One effect a holding that it is about: each is written with a mark of its own."""
    if not message.applicant_key:
        return  # of a release that didn't say whose it is
    application = Accepted(
        id=message.id,
        number=message.number,
        center_id=message.center_id,
        item_id=message.item_id,
        item_version=message.item_version,
        item_name=message.item_name,
        journey=message.journey,
        holder=Holder(message.applicant_key, message.applicant.name, message.applicant.id_number),
        at=delivery.event.at,
        told=message.version,
        judged_by="" if message.deemed else delivery.event.actor_name,
    )
    _each(
        [
            lambda: keeping.expect_result(
                library=library, call=delivery.call, application=application, mark=delivery.mark("result")
            ),
            *(_keeping(library, delivery, application, each, delivery.mark(each.key)) for each in _handed_in(message)),
        ]
    )


def _keeping(
    library: Library, delivery: Delivery, application: Accepted, paper: HandedIn, mark: Mark
) -> Callable[[], None]:
    return lambda: keeping.keep_paper(
        library=library, call=delivery.call, application=application, paper=paper, mark=mark
    )


def _each(effects: Iterable[Callable[[], None]]) -> None:
    for effect in effects:
        with contextlib.suppress(AlreadyApplied):
            effect()


def _handed_in(message: applications.Application) -> list[HandedIn]:
    return [
        HandedIn(
            key=each.key,
            name=each.name,
            files=tuple(PaperFile(one.sha256, one.filename, one.media_type, one.size) for one in each.uploads),
            original_seen=each.original_seen,
            declared=each.key == _LETTER,
            reused=Trust(each.reuse.trust) if each.HasField("reuse") else None,
        )
        for each in message.materials
        if each.state == applications.MATERIAL_STATE_HANDED_IN and not each.waived
    ]


def _keep_result(library: Library, delivery: Delivery, case: cases.Case) -> None:
    given, validity = case.result, case.result.validity
    result = Result(
        case_id=case.id,
        center_id=case.center_id,
        department_key=case.department_key,
        name=given.name,
        number=given.number,
        issued_at=from_timestamp(given.issued_at),
        valid_from=date.fromisoformat(validity.valid_from) if validity.valid_from else None,
        valid_until=date.fromisoformat(validity.valid_until) if validity.valid_until else None,
        told=case.version,
    )
    effects: list[Callable[[], None]] = [
        lambda: keeping.keep_result(library=library, call=delivery.call, result=result, mark=delivery.mark("result"))
    ]
    if case.renewal.licence_id:
        effects.append(
            lambda: keeping.end_result(
                library=library,
                call=delivery.call,
                case_id=case.renewal.licence_id,
                center_id=case.center_id,
                ending=keeping.replaced(given.number, result.issued_at),
                mark=delivery.mark("former"),
            )
        )
    _each(effects)
