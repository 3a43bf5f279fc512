"""What other sites say of a step of a case here, for approval_routing to write into it (rules F01, P01; 许可法 38, 43).

The case is its own site's: a part's owner answers the part, and only that answer, once it is known here, moves the case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from services.federation.domain.joint import Joint
from services.federation.domain.parts import Outcome, Part, PartState


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A step of a case of this site, the time that it was sent, and whose journey it belongs to."""

    case_id: str
    step_key: str
    round: int
    center_id: str
    journey: str


@dataclass(frozen=True, slots=True)
class CaseStepAnswered:
    """Other sites answered it; its message holds what people wrote."""

    step: CaseStep
    outcome: Outcome
    site: str
    answered_by: str
    answered_at: datetime
    opinion: str = field(repr=False)
    basis: str = field(default="", repr=False)
    rights: str = field(default="", repr=False)
    number: str = ""
    rules: str = "rules F01, P01; 许可法 38, 43"


@dataclass(frozen=True, slots=True)
class CaseStepReturned:
    """No other site does it any more."""

    step: CaseStep
    reason: str = field(repr=False)
    rules: str = "rules C17, K07"


def of_part(before: Part | None, after: Part, here: str) -> list[CaseStepAnswered | CaseStepReturned]:
    """What a part's change says to the case here that waits for it; nothing, where that was said before.

    A joint case speaks for its parts, see ``of_joint``.
    """
    if not after.step_key or after.asked_by.site != here:
        return []
    step = CaseStep(after.case_id, after.step_key, after.round, after.asked_by.center_id, after.journey)
    said = after.answer
    if said is not None and (before is None or before.answer is None):
        return [
            CaseStepAnswered(
                step,
                said.outcome,
                after.ownership.owner,
                said.answered_by,
                said.answered_at,
                said.opinion,
                said.basis,
                said.rights,
                said.number,
            )
        ]
    given_up = after.state is PartState.WITHDRAWN and (before is None or before.state is not PartState.WITHDRAWN)
    return [CaseStepReturned(step, after.reason)] if given_up and said is None else []


def of_joint(joint: Joint, now: datetime) -> list[CaseStepAnswered | CaseStepReturned]:
    """What a joint case that is over says to the lead's case that waits for it."""
    if not joint.step_key:
        return []
    step = CaseStep(joint.case_id, joint.step_key, joint.round, joint.place.center_id, joint.journey)
    said = joint.merged
    if said is None:
        return [CaseStepReturned(step, joint.reason)]
    sites = "、".join(dict.fromkeys(each.place.site for each in joint.parts if each.answered))
    return [CaseStepAnswered(step, said.outcome, sites, said.merged_by, now, said.opinion)]
