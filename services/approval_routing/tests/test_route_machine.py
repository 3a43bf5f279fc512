"""Any valid route, gone in any order by anybody: every case ends, and no step begins before what it follows."""

from collections.abc import Callable, Collection
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY, examples
from kit.workdays import Limit, Unit
from services.approval_routing.domain import outcomes, sending, steps
from services.approval_routing.domain.case import Case, CaseStep, MergeRule, StepKind, StepState
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.elsewhere import Elsewhere, ElsewhereAnswer, ElsewhereKind, ElsewherePlace
from services.approval_routing.domain.outcomes import ItemTerms
from services.approval_routing.domain.route import behind, followed, running
from services.approval_routing.tests.case_samples import ALL_ROLES, APPROVAL, CHIEF, DENIAL, calendar, opened

TEN = Limit(10, Unit.WORKING_DAY)
THERE = Elsewhere(ElsewhereKind.PART, (ElsewherePlace("610903.county", days=5),))
ABOVE = Elsewhere(ElsewhereKind.SENT_UP, (ElsewherePlace("610900.city"),))


def elsewhere(step: CaseStep, there: Elsewhere) -> CaseStep:
    return replace(step, role="", elsewhere=there, state=StepState.WAITING, kind=StepKind.REVIEW)


@st.composite
def routes(draw: st.DrawFn) -> tuple[CaseStep, ...]:
    """A route without a loop or a dead end, with branches, left-out steps, parts, and steps of other sites."""
    built: list[CaseStep] = []
    for number in range(draw(st.integers(1, 6))):
        before = draw(st.sets(st.sampled_from(built), max_size=2)) if built else set()
        step = CaseStep(
            f"s{number}",
            f"环节{number}",
            draw(st.sampled_from(["reviewer", "approver"])),
            "dept",
            draw(st.sampled_from([StepState.WAITING, StepState.WAITING, StepState.SKIPPED])),
            kind=draw(st.sampled_from([StepKind.REVIEW, StepKind.PART])),
            after=tuple(sorted(one.key for one in before)) or ("start",),
        )
        senders = before and all(one.elsewhere is None and one.state is StepState.WAITING for one in before)
        if senders and draw(st.booleans()):
            step = elsewhere(step, THERE)
        built.append(step)
    followed_by = {key for step in built for key in step.after}
    ends = tuple(step.key for step in built if step.key not in followed_by)
    if draw(st.booleans()):
        review = CaseStep("review", "初审", "reviewer", "dept", after=ends)
        above = elsewhere(CaseStep("above", "上报", "", "dept", after=("review",)), ABOVE)
        built += [review, above, CaseStep("carry", "转办", "reviewer", "dept", after=("above",))]
        ends = ("carry",)
    return (*built, CaseStep("decide", "决定", "approver", "dept", after=ends))


class RouteMachine(RuleBasedStateMachine):
    """Any order of acts on any route."""

    case: Case

    @initialize(route=routes(), merge=st.sampled_from(MergeRule))
    def begin(self, route: tuple[CaseStep, ...], merge: MergeRule) -> None:
        self.case = opened(ItemTerms(route, TEN, None, (), "证", True, merge))
        self.route = followed(self.case.steps)
        self._began_in_order((), self.case)

    def _try(self, act: Callable[[Case], Case]) -> None:
        before = self.case
        try:
            self.case = act(before)
        except (Conflict, Forbidden, Invalid):
            assert self.case is before
            return
        self._began_in_order([at for at, _ in running(before)], self.case)

    def _began_in_order(self, ran: Collection[int], case: Case) -> None:
        """What runs now and didn't before follows only what is done or left out, unless denial is proposed."""
        proposed = any(step.state is StepState.REJECTED for step in case.steps)
        for at, _ in running(case):
            if at in ran or proposed:
                continue
            assert all(case.steps[before].settled for before in behind(self.route, at))

    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        found = running(self.case)
        if not found:
            return
        _, step = data.draw(st.sampled_from(found))
        act = data.draw(st.sampled_from(["claim", "release", "pass", "reject", "back", "answer", "refuse", "home"]))
        self._try(lambda case: self._act(case, act, step, data))

    def _act(self, case: Case, act: str, step: CaseStep, data: st.DataObject) -> Case:
        who = ALL_ROLES
        key = step.key
        if act == "claim":
            return steps.claim(case, who, now=MONDAY, step_key=key)
        if act == "release":
            return steps.release(case, CHIEF, now=MONDAY, step_key=key)
        if act == "pass":
            return steps.pass_on(case, who, opinion="", now=MONDAY, step_key=key)
        if act == "reject":
            return steps.reject(case, who, reason="不符合", now=MONDAY, step_key=key)
        if act == "back":
            to = data.draw(st.sampled_from(["", *(each.key for each in case.steps)]))
            return steps.send_back(case, who, reason="重审", now=MONDAY, step_key=key, to_step=to)
        if act == "home":
            return sending.came_back(case, key, "撤回", MONDAY)
        return answered(case, key, Outcome.APPROVED if act == "answer" else Outcome.DENIED)

    @rule(approve=st.booleans())
    def decide(self, approve: bool) -> None:
        self._try(lambda case: decided(case, approve=approve))

    @invariant()
    def somebody_has_it_until_it_is_decided(self) -> None:
        assert bool(running(self.case)) == self.case.state.undecided
        assert self.case.current_step == next((step.key for _, step in running(self.case)), "")

    @invariant()
    def the_decision_is_taken_alone(self) -> None:
        if self.case.steps[-1].state.running:
            assert len(running(self.case)) == 1

    @invariant()
    def the_clock_stands_just_while_the_site_above_has_it(self) -> None:
        above = any(step.sent_up and step.state is StepState.ELSEWHERE for step in self.case.steps)
        assert (self.case.open_pause is not None) == above

    def teardown(self) -> None:
        """From anywhere, who simply goes on comes to a decision."""
        if not hasattr(self, "case"):
            return
        case = self.case
        for _ in range(4 * len(case.steps) + 9):
            if not case.state.undecided:
                return
            case = gone_on(case)
        assert not case.state.undecided


def gone_on(case: Case) -> Case:
    at, step = running(case)[0]
    if step.state is StepState.ELSEWHERE:
        return answered(case, step.key, Outcome.APPROVED)
    if step.state is StepState.CLAIMED and step.assignee_id != ALL_ROLES.id:
        return steps.release(case, CHIEF, now=MONDAY, step_key=step.key)
    if step.state is StepState.OPEN:
        return steps.claim(case, ALL_ROLES, now=MONDAY, step_key=step.key)
    if at < len(case.steps) - 1:
        return steps.pass_on(case, ALL_ROLES, opinion="", now=MONDAY, step_key=step.key)
    above = case.decided_above
    if above is not None and above.outcome is Outcome.APPROVED and not may_approve(case):
        # What was approved above is carried out: whoever objects here has it again.
        objecting = next(each.key for each in reversed(case.steps) if each.state is StepState.REJECTED)
        return steps.send_back(case, ALL_ROLES, reason="按上级决定办理", now=MONDAY, to_step=objecting)
    return decided(case, approve=may_approve(case))


def may_approve(case: Case) -> bool:
    try:
        outcomes.may_decide(case, ALL_ROLES, Outcome.APPROVED, MONDAY)
    except Conflict:
        return False
    return True


def decided(case: Case, *, approve: bool) -> Case:
    above = case.decided_above
    approve = approve if above is None else above.outcome is Outcome.APPROVED
    return outcomes.decide(case, ALL_ROLES, APPROVAL if approve else DENIAL, calendar(), delivery_days=10)


def answered(case: Case, key: str, outcome: Outcome) -> Case:
    return sending.answered(case, key, ElsewhereAnswer(outcome, "610900.city", "赵", MONDAY, "意见"), MONDAY)


TestRoutes = RouteMachine.TestCase
TestRoutes.settings = settings(max_examples=examples(100), stateful_step_count=25, deadline=None)
