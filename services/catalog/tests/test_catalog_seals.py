"""Seals: a picture and a right to use it, and an end (rules C02–C04, AA03)."""

from __future__ import annotations

from typing import Any

import pytest

from kit.actor import Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from reference.papers.testing import sample_png
from services.catalog.domain.seals import Seal
from services.catalog.handlers import seals
from services.catalog.tests.conftest import COUNTY, MANAGER, World, actor, names


def registered(world: World, who: Actor = MANAGER, **changes: Any) -> Seal:
    arguments: dict[str, Any] = {
        "center_id": COUNTY,
        "department_key": "",
        "name": "受理专用章",
        "kinds": ("acceptance", "receipt"),
        "roles": ("clerk",),
        "image": sample_png(),
    }
    return seals.register_seal(catalog=world.catalog, call=world.call(who), **(arguments | changes))


def withdrawn(world: World, seal: Seal, who: Actor = MANAGER, *, version: int = 0, reason: str = "换发新章") -> Seal:
    return seals.withdraw_seal(
        catalog=world.catalog, call=world.call(who), seal_id=seal.id, reason=reason, expected_version=version
    )


def test_a_seal_comes_to_the_services_that_print_and_stays_there_once_withdrawn(federation: World) -> None:
    seal = registered(federation)
    assert names(federation.settle()) == ["seal_changed"]
    (known,) = federation.reference.seals(COUNTY)
    assert (known.id, known.name, known.kinds, known.roles) == (
        seal.id,
        "受理专用章",
        ("acceptance", "receipt"),
        ("clerk",),
    )
    assert known.png == sample_png()
    assert not known.withdrawn
    withdrawn(federation, seal)
    federation.settle()
    kept = federation.reference.seal(seal.id)
    assert kept.withdrawn
    assert kept.png == sample_png()


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"image": b"GIF89a"}, Invalid, "picture_not_png"),
        ({"kinds": ()}, Invalid, "seal_kinds_required"),
        ({"kinds": ("banknote",)}, Invalid, "seal_kinds_required"),
        ({"roles": ("citizen",)}, Invalid, "seal_roles_required"),
        ({"department_key": "nowhere"}, Invalid, "department_unknown"),
        ({"name": " "}, Invalid, "text_required"),
        ({"center_id": "610999"}, NotFound, "center_unknown"),
        ({"who": actor("manager", centers=("610900",))}, Forbidden, "center"),
        ({"who": actor("clerk")}, Forbidden, "role"),
    ],
    ids=lambda value: str(value)[:40] if not isinstance(value, dict) else "-".join(value),
)
def test_what_is_no_seal_or_no_right_is_refused(
    federation: World, changes: dict[str, Any], error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        registered(federation, **changes)
    assert federation.settle() == []


def test_one_picture_is_one_seal_in_use(federation: World) -> None:
    first = registered(federation)
    with pytest.raises(Conflict, match="seal_registered"):
        registered(federation)
    registered(federation, department_key="market")
    withdrawn(federation, first)
    assert registered(federation).id != first.id


def test_a_seal_is_withdrawn_once_by_its_center_with_a_reason(federation: World) -> None:
    seal = registered(federation)
    with pytest.raises(Invalid, match="text_required"):
        withdrawn(federation, seal, reason=" ")
    with pytest.raises(Forbidden):
        withdrawn(federation, seal, actor("manager", centers=("610900",)))
    with pytest.raises(Stale):
        withdrawn(federation, seal, version=seal.version + 1)
    withdrawn(federation, seal)
    with pytest.raises(Conflict, match="seal_withdrawn"):
        withdrawn(federation, seal)


def test_a_center_lists_its_own_the_newest_first(federation: World) -> None:
    registered(federation)
    registered(federation, image=sample_png(1), name="审批专用章")
    call = federation.call(actor("supervisor", centers=(COUNTY,)))
    found = seals.list_seals(catalog=federation.catalog, call=call, center_id=COUNTY, limit=0, cursor="")
    assert {seal.name for seal in found.items} == {"受理专用章", "审批专用章"}
    with pytest.raises(Forbidden):
        seals.list_seals(catalog=federation.catalog, call=call, center_id="610900", limit=0, cursor="")
