"""Adding and changing centers."""

from __future__ import annotations

from dataclasses import replace

from stdnum.cn import uscc

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid
from kit.store.port import Duplicate
from kit.store.repository import check_version
from kit.text import clean
from services.catalog.domain import centers
from services.catalog.domain.centers import Center
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.effective import line_of


def put_center(*, catalog: Catalog, call: Call, center: Center, expected_version: int) -> Center:
    """Adds a center (``expected_version`` 0) or replaces its description (rules AH21, B01).

    The same description again changes nothing. Raises ``Invalid``, ``Conflict`` (``center_exists``, ``lane_in_use``,
    ``department_in_use``), ``Stale``, ``Forbidden``.
    """
    call.actor.require("admin")
    before = catalog.centers.find_by_id(center.id)
    parent = _parent(catalog, center)
    _require_reach(catalog, call, center, parent)
    center = centers.describe(_cleaned(center), parent, uscc.is_valid)
    if before is None:
        if expected_version:
            return catalog.centers.get(center.id)
        return _add(catalog, call, center)
    change = centers.change(before, center)
    if change is None:
        return before
    if not expected_version:
        raise _exists(center)
    check_version(before, expected_version)
    _refuse_used(catalog, before, center)
    changed, event = change
    return catalog.centers.save(changed, [event], call)


def _add(catalog: Catalog, call: Call, center: Center) -> Center:
    fresh = replace(center, version=0)
    try:
        return catalog.centers.create(fresh, [centers.told(fresh)], call)
    except Duplicate as error:
        raise _exists(center) from error


def _exists(center: Center) -> Conflict:
    return Conflict("center_exists", "该中心已存在；如需修改，请先读取后按其版本更新。", center=center.id)


def _parent(catalog: Catalog, center: Center) -> Center | None:
    if not center.parent_id:
        return None
    parent = catalog.centers.find_by_id(center.parent_id)
    if parent is None:
        raise Invalid("parent_unknown", "上级中心不存在，请先添加上级中心。", parent=center.parent_id[:40])
    return parent


def _require_reach(catalog: Catalog, call: Call, center: Center, parent: Center | None) -> None:
    """An administrator reaches the centers that they're given and all below them; anybody's first one is a root."""
    above = set() if parent is None else {one.id for one in line_of(catalog, parent)}
    if call.actor.centers.isdisjoint({center.id} | above):
        raise Forbidden("center_not_allowed", "您不能管理该中心，请核对所在中心。", center=center.id[:40])


def _refuse_used(catalog: Catalog, before: Center, after: Center) -> None:
    """A published item's lane or department can't be taken from under it."""
    for key in {one.key for one in before.lanes} - {one.key for one in after.lanes}:
        if catalog.items.count("by_lane", limit=1, center_id=after.id, lane=key):
            raise Conflict("lane_in_use", "仍有已发布的事项使用该队列，请先调整这些事项。", lane=key)
    for key in {one.key for one in before.departments} - {one.key for one in after.departments}:
        if catalog.items.count("by_department", limit=1, center_id=after.id, department=key):
            raise Conflict("department_in_use", "仍有该部门的已发布事项，请先停用或调整。", department=key)


def _cleaned(center: Center) -> Center:
    return replace(
        center,
        name=clean(center.name, field="name", max_length=100),
        address=clean(center.address, field="address", required=False),
        phone=clean(center.phone, field="phone", max_length=50, required=False),
        departments=tuple(
            replace(
                one,
                name=clean(one.name, field="departments.name", max_length=100),
                credit_code=one.credit_code.strip(),
                phone=clean(one.phone, field="departments.phone", max_length=50, required=False),
            )
            for one in center.departments
        ),
        lanes=tuple(replace(lane, name=clean(lane.name, field="lanes.name", max_length=50)) for lane in center.lanes),
        windows=tuple(
            replace(window, name=clean(window.name, field="windows.name", max_length=50)) for window in center.windows
        ),
    )
