"""What a manager types into the forms of agreements, as terms and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.pages.forms import Form
from gateway.pages.labels import value_name
from gateway.wire import enum_names
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.federation.v1 import messages_pb2 as messages

MODES = {
    "collect_for": messages.MODE_COLLECT_FOR,
    "fully_online": messages.MODE_FULLY_ONLINE,
    "multi_place": messages.MODE_MULTI_PLACE,
}
DELIVERIES = ("window", "post", "electronic")
SEALINGS = enum_names(messages.Sealing.DESCRIPTOR)
#: What an agreement is about; where any of it is another, so is the agreement.
PARTIES = (
    "handling_site",
    "handling_center_id",
    "handling_center_name",
    "collecting_site",
    "collecting_center_id",
    "collecting_center_name",
    "item_id",
    "item_code",
    "item_name",
)


def of_guide(materials: Iterable[catalog.Material]) -> list[messages.AgreedMaterial]:
    """An item's materials, with their form standard as the guide says it."""
    return [
        messages.AgreedMaterial(key=each.key, name=each.name, main=each.main, form=each.form, standard=each.note)
        for each in materials
    ]


def typed_materials(form: Form) -> list[messages.AgreedMaterial]:
    """Materials line by line, as the other side's guide has them: a name, and behind a bar its form standard."""
    said = (line.replace("｜", "|").partition("|") for line in form.text("materials").splitlines() if line.strip())
    return [
        messages.AgreedMaterial(key=f"material-{place}", name=name.strip(), main=True, standard=standard.strip())
        for place, (name, _, standard) in enumerate(said, 1)
    ]


def unlike_guide(terms: messages.Terms, guide: list[messages.AgreedMaterial]) -> str:
    """In which materials terms differ from the guide, by name; empty: in none."""
    agreed, listed = ({each.key: each.name for each in some} for some in (terms.materials, guide))
    return "、".join(name for key, name in {**listed, **agreed}.items() if (key in agreed) != (key in listed))


def negotiable(form: Form) -> messages.Terms:
    """What both sides may change from edition to edition, as it was typed. Raises ``Invalid``."""
    return messages.Terms(
        modes=[mode for name, mode in MODES.items() if form.flag(name)],
        handling_unit=form.text("handling_unit"),
        deliveries=[name for name in DELIVERIES if form.flag(f"delivery_{name}")],
        days=messages.SegmentDays(
            collection=form.number("collection"), transit=form.number("transit"), hand_back=form.number("hand_back")
        ),
        handling_contact=messages.Contact(name=form.text("handling_name"), phone=form.text("handling_phone")),
        collecting_contact=messages.Contact(name=form.text("collecting_name"), phone=form.text("collecting_phone")),
        effective_from=form.text("effective_from"),
        effective_until=form.text("effective_until"),
        sealing=messages.Sealing.ValueType(SEALINGS.get(form.text("sealing"), messages.SEALING_WHERE_POSSIBLE)),
    )


def next_terms(before: messages.Terms, form: Form, guide: list[messages.AgreedMaterial] | None) -> messages.Terms:
    """The terms of a next edition: the same parties and item, the rest as typed.

    Materials are those before, without what was dropped, or the ``guide``'s. Raises ``Invalid``.
    """
    terms = messages.Terms(**{name: getattr(before, name) for name in PARTIES})
    terms.MergeFrom(negotiable(form))
    terms.handling_contact.department = before.handling_contact.department
    terms.collecting_contact.department = before.collecting_contact.department
    terms.materials.extend(guide if guide is not None else _kept(before, form))
    return terms


def _kept(before: messages.Terms, form: Form) -> list[messages.AgreedMaterial]:
    return [
        messages.AgreedMaterial(
            key=each.key,
            name=each.name,
            main=form.flag(f"m-{each.key}-main"),
            form=form.text(f"m-{each.key}-form"),
            standard=form.text(f"m-{each.key}-standard"),
        )
        for each in before.materials
        if not form.flag(f"m-{each.key}-dropped")
    ]


def as_typed(terms: messages.Terms) -> Mapping[str, str]:
    """The fields of a form that would say these terms; from when on they hold is for whoever proposes to say."""
    fields = {name: "1" for name, mode in MODES.items() if mode in terms.modes}
    fields |= {f"delivery_{each}": "1" for each in terms.deliveries}
    for each in terms.materials:
        fields |= {f"m-{each.key}-form": each.form, f"m-{each.key}-standard": each.standard}
        if each.main:
            fields[f"m-{each.key}-main"] = "1"
    return {
        **fields,
        "handling_unit": terms.handling_unit,
        "collection": str(terms.days.collection),
        "transit": str(terms.days.transit),
        "hand_back": str(terms.days.hand_back),
        "handling_name": terms.handling_contact.name,
        "handling_phone": terms.handling_contact.phone,
        "collecting_name": terms.collecting_contact.name,
        "collecting_phone": terms.collecting_contact.phone,
        "effective_until": terms.effective_until,
        "sealing": value_name(messages.Sealing.DESCRIPTOR, terms.sealing),
    }
