"""The materials of an application: what is there, what isn't, and what is wrong with it (rules C04–C07, L02)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import Conflict, Invalid
from services.intake.domain.reuse import Reuse

#: Our own choices: more is a typing error, or somebody filling the disk.
MOST_PIECES: Final = 10_000
MOST_UPLOADS: Final = 20

NOT_HANDED_IN: Final = "尚未提交，请按办事指南的要求提交。"


class MaterialState(StrEnum):
    """State of one material."""

    MISSING = "missing"
    HANDED_IN = "handed_in"
    #: 材料不齐全 (rules C04)
    INCOMPLETE = "incomplete"
    #: 不符合法定形式 (rules C04)
    WRONG_FORM = "wrong_form"

    @property
    def in_order(self) -> bool:
        """Whether nothing more is wanted."""
        return self is MaterialState.HANDED_IN


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file: SHA-256 (hex), name, true media type, size in bytes."""

    sha256: str
    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Material:
    """One material; ``requirement`` says in which form the item wants it."""

    key: str
    name: str
    main: bool
    requirement: str = ""
    state: MaterialState = MaterialState.MISSING
    problem: str = ""
    uploads: tuple[Upload, ...] = ()
    originals: int = 0
    copies: int = 0
    standard: str = ""
    #: A secondary one that may be promised and brought later (rules D01).
    deferrable: bool = False
    #: Originals that were given back.
    returned: int = 0
    #: Not wanted, as the applicant answers for it by commitment (rules D05).
    waived: bool = False
    #: Whether a window has compared it with its original.
    original_seen: bool = False
    #: What on file stands for it; None: it is handed in.
    reuse: Reuse | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody says of a material when papers are handed in or judged."""

    key: str
    state: MaterialState
    problem: str = ""
    originals: int = 0
    copies: int = 0
    #: Said by a window that has the original before it.
    original_seen: bool = False


def declare(materials: tuple[Material, ...], declared: Iterable[Declared]) -> tuple[Material, ...]:
    """The materials with what was said of some of them.

    Raises ``Invalid``: a material that the item doesn't have (``material_unknown``), one named twice
    (``material_repeated``), a fault without what is wrong and how to mend it (``problem_required``; rules L02), an
    impossible number of pieces (``pieces_invalid``).
    """
    said: dict[str, Declared] = {}
    known = {material.key for material in materials}
    returned = {material.key: material.returned for material in materials}
    for one in declared:
        if one.key not in known:
            raise Invalid("material_unknown", f"该事项没有编号为“{one.key}”的材料，请核对材料清单。", material=one.key)
        if one.key in said:
            raise Invalid("material_repeated", "同一份材料填写了两次，请合并后再提交。", material=one.key)
        if one.state in (MaterialState.INCOMPLETE, MaterialState.WRONG_FORM) and not one.problem:
            raise Invalid("problem_required", "请写明材料存在的问题和补正要求，以便一次性告知。", material=one.key)
        least = returned.get(one.key, 0)
        if not (least <= one.originals <= MOST_PIECES and 0 <= one.copies <= MOST_PIECES):
            raise Invalid("pieces_invalid", f"材料份数应为 {least} 至 {MOST_PIECES}，请更正。", material=one.key)
        said[one.key] = one
    return tuple(_said(material, said[material.key]) if material.key in said else material for material in materials)


def _said(material: Material, one: Declared) -> Material:
    problem = "" if one.state.in_order else one.problem
    return replace(
        _as_handed_in(material, one),
        state=one.state,
        problem=problem,
        originals=one.originals,
        copies=one.copies,
        original_seen=one.original_seen,
    )


def _as_handed_in(material: Material, one: Declared) -> Material:
    """The material without what on file stood for it, where it is taken back or has paper of its own instead.

    Raises ``Invalid``: what was only uploaded counts once its original is seen (``original_not_seen``); what holds no
    more counts for nothing (``reuse_ended``).
    """
    reuse = material.reuse
    if reuse is None or (one.state is not MaterialState.MISSING and not one.state.in_order):
        return material
    if one.state.in_order and reuse.ended_at is None:
        if reuse.needs_original and not one.original_seen:
            raise Invalid(
                "original_not_seen",
                f"引用的“{material.name}”由用户上传，请核验原件并填写原件份数。",
                material=material.key,
            )
        return material
    if one.state.in_order and not (one.originals or one.copies):
        raise Invalid(
            "reuse_ended", f"引用的“{material.name}”已失效，请提交新的材料并填写份数。", material=material.key
        )
    return replace(material, reuse=None, uploads=())


def lacking(materials: Iterable[Material]) -> tuple[Material, ...]:
    """The main materials that aren't in order: they bar acceptance (rules C05)."""
    return tuple(each for each in materials if each.main and not each.waived and not each.state.in_order)


def complete_since(materials: Iterable[Material], before: datetime | None, now: datetime) -> datetime | None:
    """Since when all main materials are in order, as far as was known before; ``None`` while one is lacking."""
    return None if lacking(materials) else (before or now)


def waive(materials: tuple[Material, ...], keys: Collection[str]) -> tuple[Material, ...]:
    """The materials of which those named aren't wanted, and all others are."""
    return tuple(replace(material, waived=material.key in keys) for material in materials)


def want(materials: tuple[Material, ...], wants: Iterable[Declared]) -> tuple[Material, ...]:
    """The materials with what a notice says of some of them; what was handed in so far stays counted.

    Raises ``Invalid``: something that is in order can't be wanted (``material_in_order``), nor what a commitment
    stands for (``material_waived``); and as ``declare`` does.
    """
    here = {material.key: material for material in materials}
    marked = []
    for one in wants:
        if one.state.in_order:
            raise Invalid("material_in_order", "只能要求补正缺少或有问题的材料，请更正材料状态。", material=one.key)
        had = here.get(one.key)
        if had is not None and had.waived:
            raise Invalid("material_waived", f"材料“{had.name}”由申请人承诺代替，不能要求补正。", material=one.key)
        marked.append(replace(one, originals=had.originals, copies=had.copies) if had else one)
    asked = {one.key for one in marked}
    return tuple(
        _with_problem(material) if _is_wanted(material) or material.key in asked else material
        for material in declare(materials, marked)
    )


def wanted(materials: Iterable[Material]) -> tuple[Material, ...]:
    """What the applicant still has to bring: lacking main materials, and any that was found faulty or asked for."""
    return tuple(material for material in materials if _is_wanted(material))


def _is_wanted(material: Material) -> bool:
    return not material.waived and not material.state.in_order and (material.main or bool(material.problem))


def _with_problem(material: Material) -> Material:
    return material if material.problem else replace(material, problem=NOT_HANDED_IN)


def attach(
    materials: tuple[Material, ...], key: str, upload: Upload, *, at_window: bool = False
) -> tuple[Material, ...]:
    """The materials with a file added to one; a missing material is handed in by it, a faulty one stays to be judged.

    The same file added again changes nothing. A file that comes from elsewhere than a window was compared with no
    original. Raises ``Invalid`` (``material_unknown``), ``Conflict``
    (``too_many_uploads``).
    """
    found = next((material for material in materials if material.key == key), None)
    if found is None:
        raise Invalid("material_unknown", f"该事项没有编号为“{key}”的材料，请核对材料清单。", material=key)
    if any(one.sha256 == upload.sha256 for one in found.uploads):
        return materials
    if len(found.uploads) >= MOST_UPLOADS:
        raise Conflict("too_many_uploads", f"每份材料最多上传 {MOST_UPLOADS} 个文件，请合并后再上传。", material=key)
    if found.reuse is not None:
        # Handed in after all.
        found = replace(found, reuse=None, uploads=(), state=MaterialState.MISSING)
    missing = found.state is MaterialState.MISSING
    changed = replace(
        found,
        uploads=(*found.uploads, upload),
        state=MaterialState.HANDED_IN if missing else found.state,
        problem="" if missing else found.problem,
        original_seen=found.original_seen and at_window,
    )
    return tuple(changed if material.key == key else material for material in materials)
