"""A complaint: filed, assigned, investigated, answered, called back, closed, reopened once (rules R01–R06, K05, S01)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict


class ComplaintState(StrEnum):
    """Life of a complaint (rules R03, R04, S01)."""

    FILED = "filed"
    ASSIGNED = "assigned"
    INVESTIGATING = "investigating"
    ANSWERED = "answered"
    CALLED_BACK = "called_back"
    CLOSED = "closed"


class Act(StrEnum):
    """What is done with a complaint."""

    ASSIGN = "assign"
    INVESTIGATE = "investigate"
    ANSWER = "answer"
    CALL_BACK = "call_back"
    CLOSE = "close"
    REOPEN = "reopen"


#: In which states it may be done; in any other it raises and changes nothing. A complaint that was called back is
#: investigated again only if its complainant wasn't satisfied, and one answered is closed only if nobody can be called.
ALLOWED: Final[Mapping[Act, frozenset[ComplaintState]]] = MappingProxyType(
    {
        Act.ASSIGN: frozenset({ComplaintState.FILED, ComplaintState.ASSIGNED, ComplaintState.INVESTIGATING}),
        Act.INVESTIGATE: frozenset({ComplaintState.ASSIGNED, ComplaintState.INVESTIGATING, ComplaintState.CALLED_BACK}),
        Act.ANSWER: frozenset({ComplaintState.INVESTIGATING}),
        Act.CALL_BACK: frozenset({ComplaintState.ANSWERED}),
        Act.CLOSE: frozenset({ComplaintState.ANSWERED, ComplaintState.CALLED_BACK}),
        Act.REOPEN: frozenset({ComplaintState.CLOSED}),
    }
)


class Source(StrEnum):
    """Where it came from (rules R01, K05)."""

    PAGE = "page"
    #: A call taken by staff, or one that staff made (电话回访).
    PHONE = "phone"
    #: About a visit, by its holder or told to staff on the spot.
    VISIT = "visit"
    #: Found by an inspection or a survey, which counts as a complaint (rules R01).
    INSPECTION = "inspection"
    #: Said at another site, about this one's part in a case (rules R05).
    ELSEWHERE = "elsewhere"


class Topic(StrEnum):
    """What it is about (rules R02, Q03)."""

    ATTITUDE = "attitude"
    EFFICIENCY = "efficiency"
    LAWFULNESS = "lawfulness"
    INTEGRITY = "integrity"
    FEE = "fee"
    OTHER = "other"


class Liability(StrEnum):
    """Who answers for it (rules R05)."""

    #: The department: authority, guide and key points were followed, or it is about the approval behind the window.
    DEPARTMENT = "department"
    #: The center and its window staff: they weren't followed.
    CENTER = "center"
    #: By what really happened, where the windows approve by authority.
    SHARED = "shared"
    #: The complaint isn't upheld: explained, nobody answers for it (our own addition; 国办发〔2019〕51号 on misunderstandings).
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Complainant:
    """Who complains; shown in full only for a stated purpose, and each showing is audited (convention 13)."""

    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Promise:
    """By when an answer is promised where there is none on the same day (rules R03, AH06).

    ``days`` are working days from ``since``; 0 and None of a promise that was made before they were kept.
    """

    due_at: datetime
    provisional: bool
    days: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who handles it, and whom the complainant may ask (rules AH06)."""

    department: str
    staff_id: str = ""
    staff_name: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What it is about, when known; the journey is the visit's or, for a complaint about none, its own."""

    journey: str
    ticket_id: str = ""
    case_id: str = ""
    #: The journey is a visit's, which the complaint's code doesn't open: who complains need not be who was there.
    joined: bool = False


@dataclass(frozen=True, slots=True)
class CallBack:
    """What the complainant said of the answer (回访)."""

    satisfied: bool
    note: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint. ``text`` is kept as it was typed and is never anything but text."""

    id: str
    number: str
    center_id: str
    source: Source
    topic: Topic
    state: ComplaintState
    text: str = field(repr=False)
    #: None: anonymous.
    complainant: Complainant | None
    subject: Subject
    promise: Promise
    filed_at: datetime
    #: Opens its progress for the complainant.
    code: str = field(repr=False)
    #: Staff who took the call; empty when filed from a page.
    taken_by: str = ""
    assignee: Assignee | None = None
    findings: str = field(default="", repr=False)
    liability: Liability | None = None
    answer: str = field(default="", repr=False)
    answered_at: datetime | None = None
    call_back: CallBack | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    reopen_reason: str = field(default="", repr=False)
    #: What another site forwarded, and which; empty for what was said here.
    feedback_id: str = ""
    from_site: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Showing:
    """That somebody looked at a complainant's full data, and what for (convention 13)."""

    id: str
    complaint_id: str
    center_id: str
    journey: str
    purpose: str
    shown_to: str
    shown_at: datetime
    version: int = 0


# ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ComplaintFiled:
    """A complaint was filed."""

    complaint: Complaint
    rules: str = "rules K05, R04"


@dataclass(frozen=True, slots=True)
class ComplaintAssigned:
    """Somebody was named to handle it."""

    complaint: Complaint
    rules: str = "rules R02, S01"


@dataclass(frozen=True, slots=True)
class ComplaintInvestigated:
    """Facts were established."""

    complaint: Complaint
    rules: str = "rules R05, R07"


@dataclass(frozen=True, slots=True)
class ComplaintAnswered:
    """The complainant was answered."""

    complaint: Complaint
    rules: str = "rules R04"


@dataclass(frozen=True, slots=True)
class ComplaintCalledBack:
    """The complainant was called back."""

    complaint: Complaint
    rules: str = "rules S01"


@dataclass(frozen=True, slots=True)
class ComplaintClosed:
    """It was closed and kept for reference."""

    complaint: Complaint
    rules: str = "rules R03, J05"


@dataclass(frozen=True, slots=True)
class ForwardedComplaintClosed:
    """What another site forwarded was closed; its message holds what people wrote."""

    complaint: Complaint
    concluded_by: str
    rules: str = "rules R04, R05"


@dataclass(frozen=True, slots=True)
class ComplaintReopened:
    """It was reopened, once."""

    complaint: Complaint
    rules: str = "rules AH06"


@dataclass(frozen=True, slots=True)
class ComplaintDeadlineRecomputed:
    """Its promise was counted anew, as a calendar changed."""

    complaint: Complaint
    old_due_at: datetime
    reason: str
    rules: str = "许可法 82"


@dataclass(frozen=True, slots=True)
class ComplainantShown:
    """Somebody looked at a complainant's full data."""

    showing: Showing
    rules: str = "rules AG01"


# ── Transitions ──────────────────────────────────────────────────────────────────────────────────────────────────


def assign(complaint: Complaint, assignee: Assignee) -> Complaint:
    """The complaint in somebody's hands; another may be named until it is answered (rules S01). Raises ``Conflict``."""
    _require(complaint, Act.ASSIGN)
    state = ComplaintState.ASSIGNED if complaint.state is ComplaintState.FILED else complaint.state
    return replace(complaint, state=state, assignee=assignee)


def investigate(complaint: Complaint, findings: str, liability: Liability) -> Complaint:
    """The complaint with what was found and who answers for it (rules R05).

    Findings may be mended until the answer, and again when the call-back found the complainant not satisfied.
    Raises ``Conflict``.
    """
    satisfied = complaint.call_back is None or complaint.call_back.satisfied
    if complaint.state is ComplaintState.CALLED_BACK and satisfied:
        raise _refusal(complaint)
    _require(complaint, Act.INVESTIGATE)
    return replace(complaint, state=ComplaintState.INVESTIGATING, findings=findings, liability=liability)


def answer(complaint: Complaint, text: str, now: datetime) -> Complaint:
    """The complaint with its answer, which needs findings (rules R04). Raises ``Conflict``."""
    _require(complaint, Act.ANSWER)
    return replace(complaint, state=ComplaintState.ANSWERED, answer=text, answered_at=now, call_back=None)


def call_back(complaint: Complaint, said: CallBack) -> Complaint:
    """The complaint after its complainant was asked about the answer (rules S01).

    Raises ``Conflict`` unless it is answered, and for an anonymous one, whom nobody can call.
    """
    if complaint.complainant is None:
        raise Conflict("complaint_anonymous", "匿名投诉没有联系方式，无法回访，可直接办结。")
    _require(complaint, Act.CALL_BACK)
    return replace(complaint, state=ComplaintState.CALLED_BACK, call_back=said)


def close(complaint: Complaint, now: datetime) -> Complaint:
    """The complaint, ended and kept for reference (rules R03, J05).

    Raises ``Conflict`` unless it is answered and, when the complainant is known, called back (rules Q05).
    """
    if complaint.state is ComplaintState.ANSWERED and complaint.complainant is not None:
        raise Conflict("callback_missing", "实名投诉须先回访再办结，请填写回访记录。")
    _require(complaint, Act.CLOSE)
    return replace(complaint, state=ComplaintState.CLOSED, closed_at=now)


def reopen(complaint: Complaint, reason: str, promise: Promise) -> Complaint:
    """The complaint filed anew with a promise of its own, once; its assignee and findings stay for reference.

    Raises ``Conflict`` when it was reopened before (``already_reopened``) or isn't closed.
    """
    if complaint.reopened:
        raise Conflict("already_reopened", "该投诉已重新办理过一次，不能再次申请；如有新的情况，请另行投诉。")
    _require(complaint, Act.REOPEN)
    return replace(
        complaint,
        state=ComplaintState.FILED,
        promise=promise,
        reopened=complaint.reopened + 1,
        reopen_reason=reason,
        answered_at=None,
        call_back=None,
        closed_at=None,
    )


def _require(complaint: Complaint, act: Act) -> None:
    if complaint.state not in ALLOWED[act]:
        raise _refusal(complaint)


def _refusal(complaint: Complaint) -> Conflict:
    return Conflict("complaint_state", "投诉当前所处环节不能进行此操作，请刷新后查看。", state=complaint.state)
