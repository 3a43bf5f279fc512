"""What is on file is offered on the online form already, kept in its draft, and taken as it is handed in (rules C15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kit.call import Call
from kit.errors import Forbidden, TongbanError, Unavailable
from kit.privacy import person_key
from kit.text import clean
from reference import ServiceItem
from services.intake.domain.application import Answer, Applicant, Application
from services.intake.domain.material import MaterialState
from services.intake.domain.reuse import Choice
from services.intake.handlers.access import holder_key
from services.intake.handlers.checklists import known_answers, materials_of
from services.intake.handlers.desk import Desk
from services.intake.handlers.library import Asking, Offers
from services.intake.handlers.reusing import REUSED, reusable_papers, taken

#: More than any item has materials.
_MOST_CHOSEN = 200


def list_material_offers(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    item_id: str,
    situation: Sequence[Answer],
    person: Applicant | None = None,
) -> Offers:
    """What is on file of the signed-in citizen for what their situation needs. A library that is down offers nothing.

    ``person``: themselves in full, for libraries outside; whoever else's number it is, isn't asked for.

    Raises ``Forbidden``, ``NotFound`` (``center_unknown``, ``item_unknown``), ``Conflict`` (``item_not_published``),
    ``Invalid`` (``situation_unknown``).
    """
    key = holder_key(call.actor)
    if not key:
        raise Forbidden("role_not_allowed", "请先登录再查看本人的证照和材料。")
    item = desk.reference.published_item(clean(center_id, field="center_id"), clean(item_id, field="item_id"))
    wanted = reusable_papers(item, materials_of(item, known_answers(item, situation)))
    if not wanted:
        return Offers()
    own = person is not None and person_key(desk.secret, person.id_number) == key
    asking = Asking(item.center_id, key, purpose=f"填写网上申请：{item.name}"[:200], person=person if own else None)
    try:
        return desk.library.find(asking, wanted, token=call.token)
    except Unavailable:
        return Offers(library_down=True)


def known_choices(item: ServiceItem, chosen: Iterable[Choice]) -> tuple[Choice, ...]:
    """What was chosen for materials that the item still lets come from the file. Raises ``Invalid``."""
    said = {each.material_key: each for each in tuple(chosen)[:_MOST_CHOSEN] if each.holding_id}
    return tuple(
        Choice(each.key, clean(said[each.key].holding_id, field=f"chosen.{each.key}", max_length=64))
        for each in item.materials
        if each.obtained in REUSED and each.key in said
    )


def with_choices(desk: Desk, call: Call, application: Application, chosen: Iterable[Choice]) -> Application:
    """An application that is being handed in, with what was chosen for its materials, each looked at again.

    What the commitment stands for, or the window has something to say of itself, isn't taken. Raises as ``taken``, naming
    the material: what held when it was chosen may have expired or been withdrawn since.
    """
    for each in tuple(chosen)[:_MOST_CHOSEN]:
        material = application.material(each.material_key)
        if material is not None and (material.waived or material.state is not MaterialState.MISSING):
            continue
        try:
            application = taken(desk, call, application, each)
        except TongbanError as error:
            raise _of_material(error, material.name if material is not None else "", each.material_key) from error
    return application


def _of_material(error: TongbanError, name: str, key: str) -> TongbanError:
    """The same refusal, told of the material that it is about, and where the choice was made."""
    message = f"材料“{name}”不能引用所选的库中材料：{error.message}" if name else error.message
    hint = "请取消选用后再提交，材料可在提交后上传。" if name else ""
    return type(error)(error.code, message + hint, **{**error.details, "field": f"chosen.{key[:64]}"})
