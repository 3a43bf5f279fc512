"""Sites by their names: shown in place of ids, and offered to be chosen from (rules P01-P04)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.clients import ask
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from kit.errors import Unavailable
from tongban.relay.v1 import links_pb2 as messages
from tongban.relay.v1 import site_pb2


@dataclass(frozen=True, slots=True)
class Sites:
    """What is known of sites; of none, where relay doesn't answer: then their ids stand for themselves."""

    known: Sequence[messages.Neighbour] = ()

    def __call__(self, site: str) -> str:
        """How a site is shown: its name with its id, or the id alone."""
        name = next((each.name for each in self.known if each.site == site), "")
        return f"{name}（{site}）" if name else site

    @property
    def own(self) -> str:
        """This site's id; empty: it has none, or nobody knows."""
        first = self.known[0] if self.known else None
        return "" if first is None or first.direction else first.site

    @property
    def linked(self) -> list[tuple[str, str]]:
        """Those with a working link, to be chosen from."""
        return self._choices(lambda each: bool(each.direction))

    @property
    def above(self) -> list[tuple[str, str]]:
        """Those of the levels above."""
        return self._choices(lambda each: each.direction == site_pb2.DIRECTION_PARENT)

    @property
    def below(self) -> list[tuple[str, str]]:
        """Those of the levels below."""
        return self._choices(lambda each: each.direction == site_pb2.DIRECTION_CHILD)

    def _choices(self, which: Callable[[messages.Neighbour], bool]) -> list[tuple[str, str]]:
        return [(each.site, self(each.site)) for each in self.known if which(each)]


def sites(*also: str) -> Sites:
    """This site and its neighbours, and what others are called."""
    wanted = messages.ListNeighboursRequest(also=sorted({each for each in also if each}))
    try:
        return Sites(ask(clients().relay.ListNeighbours, wanted).sites)
    except Unavailable:
        return Sites()


def chosen_site(form: Form, name: str = "site") -> str:
    """The site that was typed, else the one that was chosen; the macro ``forms.site`` has both."""
    return form.text(f"{name}-other") or form.text(name)
