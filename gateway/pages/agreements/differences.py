"""What an edition of an agreement changes, and how each edition stands (rules P03: a list that is adjusted)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.pages.labels import LABELS, crossing_delivery, value_name, word
from tongban.federation.v1 import messages_pb2 as messages

OPEN_END = "长期"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an edition says otherwise; empty where it wasn't there, or isn't any more."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An edition as a page shows it."""

    number: int
    edition: messages.Edition
    standing: str
    in_force: bool
    #: The number of the edition that it is compared with; 0: it is the first.
    compared_with: int
    differences: tuple[Difference, ...]


def editions(agreement: messages.Agreement) -> list[Seen]:
    """All editions, the newest first, each with what it changes of the one that it follows."""
    seen: list[Seen] = []
    confirmed = 0
    for number, edition in enumerate(agreement.editions, 1):
        follows = confirmed or number - 1
        changed = differences(agreement.editions[follows - 1].terms, edition.terms) if follows else []
        in_force = edition.id == agreement.edition_in_force
        seen.append(Seen(number, edition, _standing(agreement, number), in_force, follows, tuple(changed)))
        if edition.state == messages.EDITION_STATE_CONFIRMED:
            confirmed = number
    return seen[::-1]


def newest(agreement: messages.Agreement) -> messages.Terms:
    """The terms that a next edition begins with: the last that both sides confirmed, else the last of all."""
    agreed = [each for each in agreement.editions if each.state == messages.EDITION_STATE_CONFIRMED]
    return (agreed or agreement.editions)[-1].terms


def differences(before: messages.Terms, after: messages.Terms) -> list[Difference]:
    """What the second terms say otherwise than the first, in the order in which a page shows them."""
    old, new = dict(_said(before)), dict(_said(after))
    return [
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in {**new, **old}
        if old.get(name) != new.get(name)
    ]


def modes(terms: messages.Terms) -> str:
    """The modes of the terms in words."""
    return "、".join(LABELS["Mode"].get(value_name(messages.Mode.DESCRIPTOR, mode), "") for mode in terms.modes)


def deliveries(terms: messages.Terms) -> str:
    """How results come back, in words."""
    return "、".join(crossing_delivery(each) for each in terms.deliveries)


def sealing(terms: messages.Terms) -> str:
    """Whether files are sealed, in words; an edition of before that was agreed on: where possible."""
    agreed = terms.sealing or messages.SEALING_WHERE_POSSIBLE
    return LABELS["Sealing"].get(value_name(messages.Sealing.DESCRIPTOR, agreed), "")


def material(agreed: messages.AgreedMaterial) -> str:
    """A material's need, form and standard in words."""
    parts: Sequence[str] = ("必要" if agreed.main else "次要", word(agreed.form), agreed.standard)
    return "，".join(part for part in parts if part)


def _said(terms: messages.Terms) -> Iterator[tuple[str, str]]:
    yield "事项", f"{terms.item_name} {terms.item_code}".strip()
    yield "通办模式", modes(terms)
    yield "办理单位", terms.handling_unit
    yield "办理地", terms.handling_center_name
    yield "收件地", terms.collecting_center_name
    yield "结果送达", deliveries(terms)
    yield "代收时限", f"{terms.days.collection} 个工作日"
    yield "转递时限", f"{terms.days.transit} 个工作日"
    yield "结果送达时限", f"{terms.days.hand_back} 个工作日"
    yield "办理地联系人", _contact(terms.handling_contact)
    yield "收件地联系人", _contact(terms.collecting_contact)
    yield "文件加密", sealing(terms)
    yield "生效日期", terms.effective_from
    yield "失效日期", terms.effective_until or OPEN_END
    for each in terms.materials:
        yield f"材料：{each.name}", material(each)


def _contact(contact: messages.Contact) -> str:
    return " ".join(part for part in (contact.department, contact.name, contact.phone) if part)


def _standing(agreement: messages.Agreement, number: int) -> str:
    edition = agreement.editions[number - 1]
    if edition.id == agreement.edition_in_force:
        return "执行中"
    if edition.state == messages.EDITION_STATE_PROPOSED and agreement.waits_for_us:
        return "待我方答复"
    if edition.state != messages.EDITION_STATE_CONFIRMED:
        return LABELS["EditionState"].get(value_name(messages.EditionState.DESCRIPTOR, edition.state), "")
    in_force = [at for at, each in enumerate(agreement.editions, 1) if each.id == agreement.edition_in_force]
    if in_force and in_force[0] < number:
        return f"双方已确认，{edition.terms.effective_from} 起执行"
    return "已由新版本接替" if in_force else "双方已确认"
