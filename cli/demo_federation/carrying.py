"""Files that are carried by hand between a site without a line and its parent; and what somebody tries on the way."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cli.demo_federation.forging import forge_bundle
from cli.demo_federation.office import Agreed
from cli.demo_federation.sites import DemoSite, Unexpected

if TYPE_CHECKING:
    from cli.demo_federation.command import Stage


@dataclass
class Courier:
    """Carries sealed files between township and county while something is to travel there."""

    stage: Stage
    folder: Path
    note: Callable[[str], None]
    carried: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _last: tuple[Path, DemoSite] | None = None

    @contextmanager
    def on_the_road(self, agreed: Agreed) -> Iterator[None]:
        """While cases of this agreement are worked on."""
        with self.between(agreed.collecting, agreed.handling):
            yield

    @contextmanager
    def between(self, one: DemoSite, other: DemoSite) -> Iterator[None]:
        """While something travels between two sites; nothing to do where they have a line."""
        if self.stage.township not in (one, other):
            yield
            return
        self.note("恒口镇没有线路：函件以加密文件人工转递")
        end = threading.Event()
        trouble: list[Exception] = []

        def go() -> None:
            try:
                while not end.wait(0.2):
                    self._carry(one, other)
                    self._carry(other, one)
            except Exception as error:
                trouble.append(error)

        walk = threading.Thread(target=go, name="courier", daemon=True)
        walk.start()
        try:
            yield
        finally:
            end.set()
            walk.join(60)
        if trouble:
            raise trouble[0]

    def incidents(self) -> dict[str, bool]:
        """What was tried besides, and whether it had no effect; a site group without a courier has none of it."""
        if self._last is None or self.stage.township is None:
            return {}
        file, destination = self._last
        self.note("重复投递一份已收文件，并投递一份伪造文件")
        before = self._letters_known()
        replayed = destination.tongban("relay", "import", str(file))
        forged = self.folder / "forged.bundle"
        forge_bundle(file, forged, destination.data / "secrets" / "relay")
        try:
            destination.tongban("relay", "import", str(forged))
        except Unexpected as refused:
            said = str(refused)
        else:
            said = ""
        return {
            "a replayed file was taken without effect": bool(replayed) and self._letters_known() == before,
            "a forged file was refused": "signature_wrong" in said or "签名" in said,
        }

    def _carry(self, source: DemoSite, target: DemoSite) -> None:
        file = self.folder / f"{next(self._numbers):04d}-{source.id}.bundle"
        source.tongban("relay", "export", target.id, str(file))
        target.tongban("relay", "import", str(file))
        self.carried += 1
        if target is self.stage.county:
            self._last = (file, target)

    def _letters_known(self) -> list[tuple[str, int]]:
        county = self.stage.county
        found = county.staff("clerk").pages(f"centers/{county.center}/crossings", side="handling")
        return sorted((each["id"], len(each["letters"])) for each in found)
