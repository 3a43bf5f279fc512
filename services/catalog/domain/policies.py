"""Settings of centers, inherited down the tree (convention 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class SetValue:
    """A value that holds for a center, and the center that set it."""

    value: Any
    set_by: str


Effective = dict[str, SetValue]


@dataclass(frozen=True, slots=True)
class CenterPolicy:
    """What one center has set itself, and what was last told to hold for it. Its id is the center's."""

    id: str
    own: dict[str, Any] = field(default_factory=dict)
    told: dict[str, SetValue] = field(default_factory=dict)
    #: Keys that nobody further down may set: only of what a site above has set.
    fixed: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """A center's settings changed, or those of a parent that it inherits."""

    policy: CenterPolicy
    rules: str = "rules ZZ"


def effective(chain: Iterable[CenterPolicy]) -> Effective:
    """What holds at the end of a chain from the root down: the nearest center that set a key wins, unless it is fixed."""
    found: Effective = {}
    fixed: set[str] = set()
    for policy in chain:
        found |= {key: SetValue(value, policy.id) for key, value in policy.own.items() if key not in fixed}
        fixed.update(policy.fixed)
    return found


def with_value(policy: CenterPolicy, key: str, value: Any) -> CenterPolicy:
    """The policy with one of its own values set, or taken back (None), so that the inherited or default one holds."""
    others = {name: kept for name, kept in policy.own.items() if name != key}
    return replace(policy, own=others if value is None else {**others, key: value})


def told(policy: CenterPolicy, above: Iterable[CenterPolicy]) -> tuple[CenterPolicy, PolicyChanged]:
    """The policy that tells what holds now, ``above`` being the parents' from the root down."""
    changed = replace(policy, told=effective([*above, policy]))
    return changed, PolicyChanged(replace(changed, version=policy.version + 1))


def tell(policy: CenterPolicy, above: Iterable[CenterPolicy]) -> tuple[CenterPolicy, PolicyChanged] | None:
    """The same where something else was told before, or nothing; else None."""
    changed, event = told(policy, above)
    return (changed, event) if changed != policy or not policy.version else None


def values(found: Mapping[str, SetValue]) -> dict[str, Any]:
    """Values by key, without who set them."""
    return {key: entry.value for key, entry in found.items()}
