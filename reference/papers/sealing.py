"""Which seal a paper bears: the center's or its department's, where whoever issues it has the right (rules C02–C04, AA03)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from kit.errors import Conflict
from reference.policies import ALL

if TYPE_CHECKING:
    from kit.actor import Actor
    from reference.model import Policy

#: Every kind of paper that a center may word, and seal.
PAPER_KINDS: Final = tuple(key.removesuffix("_wording") for key in ALL if key.endswith("_wording"))


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as services that print know it; one that was withdrawn stays for the papers that bear it."""

    id: str
    center_id: str
    department_key: str
    name: str
    sha256: str
    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    withdrawn: bool
    #: The PNG in base64.
    image: str = field(repr=False)
    version: int = 0

    @property
    def svg(self) -> str:
        """As templates take a picture: text, like the codes to scan."""
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="100" height="100">'
            f'<image width="100" height="100" href="data:image/png;base64,{self.image}"/></svg>'
        )

    @property
    def png(self) -> bytes:
        """The picture."""
        return base64.b64decode(self.image)


class Seals(Protocol):
    """The seals that a service knows of, and what its centers want."""

    def seals(self, center_id: str) -> tuple[Seal, ...]:
        """A center's, also those that were withdrawn, the newest last."""
        ...

    def policy(self, center_id: str) -> Policy:
        """A center's settings."""
        ...


def seal_for(known: Seals, actor: Actor, *, center_id: str, department_key: str, kind: str) -> str:
    """The id of the seal that a paper of a kind bears when this actor issues it; empty: it bears none.

    A department's own comes before its center's, and a newer one before an older one (our own choice). Raises ``Conflict``
    (``seal_missing``) where the center issues no such paper without one; what a clock issues by itself waits for none.
    """
    usable = [
        seal
        for seal in known.seals(center_id)
        if not seal.withdrawn
        and kind in seal.kinds
        and seal.department_key in ("", department_key)
        and actor.has(*seal.roles)
    ]
    if usable:
        return max(reversed(usable), key=lambda seal: bool(seal.department_key)).id
    if kind in known.policy(center_id).data("sealed_papers") and not actor.has("service"):
        raise Conflict(
            "seal_missing",
            "本中心规定该文书须加盖印章，但没有您可以使用的有效印章，请联系中心管理人员登记印章或者授权后再出具。",
            kind=kind,
        )
    return ""
