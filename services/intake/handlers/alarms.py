"""What happens by itself when a clock of an application, a draft or its papers runs out (许可法 32; rules C16)."""

from __future__ import annotations

from kit.alarms import Alarm
from kit.call import Call
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.bundle import Bundle
from services.intake.domain.draft import Draft
from services.intake.domain.hand_over import PaperList
from services.intake.handlers import bundles
from services.intake.handlers.commitments import tell_overdue
from services.intake.handlers.desk import Desk
from services.intake.handlers.drafts import remove
from services.intake.handlers.hand_overs import finish
from services.intake.handlers.judge import deem_accepted
from services.intake.handlers.promises import ring
from services.intake.handlers.supplement import lapse_supplement


def alarms(desk: Desk) -> list[Alarm]:
    """The alarms that the chassis sweeps."""

    def fire(application: Application, call: Call) -> None:
        if application.state is ApplicationState.RECEIVED:
            deem_accepted(desk=desk, call=call, application=application)
        elif application.state is ApplicationState.ACCEPTED:
            promise = application.promise
            if promise is not None and promise.wakes_at == application.wakes_at:
                ring(desk=desk, call=call, application=application)
            else:
                tell_overdue(desk=desk, call=call, application=application)
        else:
            lapse_supplement(desk=desk, call=call, application=application)

    def expire(draft: Draft, call: Call) -> None:
        remove(desk, draft)

    def remind(bundle: Bundle, call: Call) -> None:
        bundles.ring(desk=desk, call=call, bundle=bundle)

    def complete(made: PaperList, call: Call) -> None:
        finish(desk, call, made)

    return [
        Alarm("application_clock", desk.applications, fire),
        Alarm("draft_expiry", desk.drafts, expire),
        Alarm("paper_bundles", desk.bundles, remind),
        Alarm("paper_lists", desk.lists, complete),
    ]
