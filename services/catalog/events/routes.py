"""Routes as catalog's messages, and what departments fill in back."""

from __future__ import annotations

from typing import Final

from services.catalog.domain.routes import (
    Elsewhere,
    ElsewhereKind,
    ElsewherePlace,
    MergeRule,
    Step,
    StepCondition,
    StepKind,
)
from services.catalog.events.enums import known
from tongban.catalog.v1 import messages_pb2 as pb
from tongban.catalog.v1 import routes_pb2

ELSEWHERE_KINDS: Final = {kind: pb.ElsewhereKind.Value(f"ELSEWHERE_KIND_{kind.name}") for kind in ElsewhereKind}
STEP_KINDS: Final = {kind: routes_pb2.StepKind.Value(f"STEP_KIND_{kind.name}") for kind in StepKind}
MERGE_RULES: Final = {rule: routes_pb2.MergeRule.Value(f"MERGE_RULE_{rule.name}") for rule in MergeRule}


def step_message(step: Step) -> pb.Step:
    """A step with its place in the route."""
    there = step.elsewhere
    message = pb.Step(
        key=step.key,
        name=step.name,
        role=step.role,
        department_key=step.department_key,
        kind=STEP_KINDS[step.kind],
        after=step.after,
        when=[routes_pb2.StepCondition(field=one.field, values=one.values) for one in step.when],
        days=step.days,
        signers=step.signers,
        sign_departments=step.sign_departments,
        notice_days=step.notice_days,
    )
    if there is not None:
        message.elsewhere.kind = ELSEWHERE_KINDS[there.kind]
        message.elsewhere.places.extend(
            pb.ElsewherePlace(
                site=one.site,
                center_id=one.center_id,
                department_key=one.department_key,
                days=one.days,
                title=one.title,
            )
            for one in there.places
        )
    return message


def step_of(message: pb.Step) -> Step:
    """A step as a department described it. Raises ``Invalid`` on an unknown kind."""
    there = message.elsewhere
    elsewhere = Elsewhere(
        known(ELSEWHERE_KINDS, there.kind, "steps.elsewhere.kind"),
        tuple(ElsewherePlace(p.site, p.center_id, p.department_key, p.days, p.title) for p in there.places),
    ) if message.HasField("elsewhere") else None  # fmt: skip
    return Step(
        message.key,
        message.name,
        message.role,
        message.department_key,
        elsewhere,
        kind=known(STEP_KINDS, message.kind, "steps.kind") if message.kind else StepKind.REVIEW,
        after=tuple(message.after),
        when=tuple(StepCondition(one.field, tuple(one.values)) for one in message.when),
        days=message.days,
        signers=message.signers,
        sign_departments=tuple(message.sign_departments),
        notice_days=message.notice_days,
    )
