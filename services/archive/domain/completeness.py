"""What a case file has to hold by the item's checklist and the case's route, and what is lacking (rules J01, J03)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How a case ended; empty while it goes on."""

    NONE = ""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Demanded:
    """A material of the checklist. ``pieces`` are originals and copies on paper."""

    key: str
    name: str
    main: bool
    handed_in: bool
    scans: int = 0
    pieces: int = 0
    #: Promised for later (容缺受理), and not brought yet.
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the route."""

    key: str
    name: str
    done: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is lacking."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file is judged by."""

    ending: Ending
    materials: tuple[Demanded, ...]
    stages: tuple[Stage, ...]
    #: Kinds of papers that are in it: receipt, acceptance, refusal, decision, result, delivery; bill, payment;
    #: denial_report, denial_answer.
    papers: frozenset[str]
    immediate: bool


#: What is given in every case, and what for each way that one ends.
_ALWAYS = (("receipt", "收件凭证"),)
_JUDGED = (("acceptance", "受理通知书"), ("decision", "决定书"), ("delivery", "送达记录"))
_PAPERS: dict[Ending, tuple[tuple[str, str], ...]] = {
    Ending.REFUSED: (("refusal", "不予受理通知书"),),
    Ending.APPROVED: (*_JUDGED, ("result", "办理结果")),
    Ending.DENIED: _JUDGED,
}
#: What, once it was begun, has to have an end: (what began, what ends it, its title).
_ANSWERED = (
    ("bill", "payment", "缴费或者减免记录"),
    ("denial_report", "denial_answer", "否定事项报备的答复"),
)


def gaps(facts: Facts, *, scans_wanted: bool) -> tuple[Gap, ...]:
    """What is lacking in a file whose case has ended; nothing while it goes on.

    What was withdrawn, refused or given away needs no main material that never came. ``scans_wanted``: what was handed
    in on paper has to be there as an image (rules J03).
    """
    if facts.ending is Ending.NONE:
        return ()
    found: list[Gap] = []
    judged = facts.ending in (Ending.APPROVED, Ending.DENIED)
    for material in facts.materials:
        if judged and material.owed:
            found.append(Gap(f"owed/{material.key}", f"承诺补交的材料：{material.name}"))
        elif judged and material.main and not material.handed_in:
            found.append(Gap(f"material/{material.key}", f"主要材料：{material.name}"))
        elif scans_wanted and material.handed_in and material.pieces and not material.scans:
            found.append(Gap(f"scan/{material.key}", f"纸质材料的影像：{material.name}"))
    if facts.ending is Ending.APPROVED:
        found += [Gap(f"step/{stage.key}", f"环节办理记录：{stage.name}") for stage in facts.stages if not stage.done]
    for key, title in (*_ALWAYS, *_PAPERS.get(facts.ending, ())):
        # Whoever decides at once needn't give an acceptance first (ZZ30 lets a center choose).
        if key not in facts.papers and not (key == "acceptance" and facts.immediate):
            found.append(Gap(f"paper/{key}", title))
    found += [
        Gap(f"paper/{end}", title)
        for began, end, title in _ANSWERED
        if began in facts.papers and end not in facts.papers
    ]
    return tuple(found)
