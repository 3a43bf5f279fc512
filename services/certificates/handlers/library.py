"""What the use cases work with, and how holdings and looks are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kit.actor import Actor
from kit.alarms import ALARMS, Alarm
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Forbidden, NotFound
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from reference import Reference
from services.certificates.domain.holding import Holding
from services.certificates.domain.looks import Look
from services.certificates.domain.trust import kind_of

HOLDINGS: Final = Kind(
    "holding",
    (
        Index("by_holder", ("held_by", "kept_at")),
        Index("by_kind", ("center_id", "held_by", "kind", "kept_at")),
        ALARMS,
    ),
)
LOOKS: Final = Kind("look", (Index("by_holder", ("holder_key", "at")),))
KINDS: Final = (HOLDINGS, LOOKS)


@dataclass(frozen=True)
class Library:
    """What the use cases work with."""

    holdings: Repository[Holding]
    looks: Repository[Look]
    reference: Reference
    ids: Ids

    def names(self, center_id: str) -> Mapping[str, str]:
        """Which material is which certificate, as the center sets it. Raises ``Unavailable``."""
        listed = self.reference.policy(center_id).data("certificate_names")
        return {kind_of(each["material"]): kind_of(each["certificate"]) for each in listed}


def holding_keys(holding: Holding) -> Body:
    """Whose it is, of which kind and since when, once all of that is known; and when it goes."""
    holder, content = holding.holder, holding.content
    known = holder is not None and content is not None
    return {
        "held_by": holder.key if holder is not None and known else None,
        "kind": content.kind if content is not None and known else None,
        "kept_at": to_ms(content.issued_at) if content is not None and known else None,
        "due_at": None if holding.gone_at is None else to_ms(holding.gone_at),
    }


def holding_missing(id: str) -> NotFound:
    """What is raised for a holding that isn't there, or is somebody else's."""
    return NotFound("holding_not_found", "库中没有这份证照或材料，请刷新后重新选择。", id=id[:80])


def own_key(actor: Actor) -> str:
    """The signed-in citizen's keyed hash. Raises ``Forbidden`` for anybody else."""
    if not actor.has("citizen") or not actor.id.startswith("citizen:"):
        raise Forbidden("role_not_allowed", "请先登录再查看本人的证照和材料。")
    return actor.id.removeprefix("citizen:")


def require_in_hand(call: Call, center_id: str, holder_key: str) -> None:
    """Whoever asks works at this center's windows, or is the holder; what is in hand, intake has made sure of.

    Raises ``Forbidden`` (``center_not_allowed``, ``holding_not_yours``).
    """
    if call.actor.has("clerk", "chief"):
        call.actor.require_center(center_id)
    elif own_key(call.actor) != holder_key:
        raise Forbidden("holding_not_yours", "只能使用本人的证照和材料。")


def alarms(library: Library) -> list[Alarm]:
    """What happens by itself: papers whose time on file is over go."""

    def let_go(holding: Holding, call: Call) -> None:
        library.holdings.store.remove(HOLDINGS.name, [(holding.id, holding.version)])

    return [Alarm("holding_retention", library.holdings, let_go)]
