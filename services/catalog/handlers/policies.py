"""Setting a center's policy."""

from __future__ import annotations

from typing import Any

from kit.call import Call
from kit.errors import NotFound
from kit.store.repository import check_version
from reference.policies import ALL
from services.catalog.domain import policies
from services.catalog.domain.policies import CenterPolicy
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.effective import line_of, policy_chain
from services.catalog.handlers.standards import above_policies


def set_policy(
    *, catalog: Catalog, call: Call, center_id: str, key: str, value: Any = None, expected_version: int = 0
) -> CenterPolicy:
    """Sets one setting of a center, or takes it back with None; its children inherit it (convention 9).

    Raises ``NotFound`` (``center_unknown``, ``policy_key_unknown``), ``Invalid`` (``policy_value_invalid`` …),
    ``Forbidden``, ``Stale``, and ``Conflict`` (``fixed_by_parent``) on what a site above has set.
    """
    call.actor.require("manager", "admin")
    center = catalog.centers.get(center_id)
    call.actor.require_center(center_id)
    setting = ALL.get(key)
    if setting is None:
        raise NotFound("policy_key_unknown", "没有这项参数，请核对参数名。", key=key[:80])
    if value is not None:
        above_policies(catalog).require_open([key])
    *above, own = policy_chain(catalog, line_of(catalog, center))
    check_version(own, expected_version)
    changed = policies.with_value(own, key, None if value is None else setting.check(value))
    if changed == own and own.version:
        return own
    put = catalog.policies.save if own.version else catalog.policies.create
    told, event = policies.told(changed, above)
    return put(told, [event], call)
