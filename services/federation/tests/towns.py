"""Two towns with a postman between them, who have agreed on something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kit.call import Call
from kit.clock import FixedClock
from kit.errors import TongbanError
from kit.testing import MONDAY
from services.federation.domain.agreement import AgreedMaterial, Agreement, Contact, Mode, SegmentDays, Terms
from services.federation.domain.crossing import Crossing
from services.federation.handlers import agreements, collecting, files
from services.federation.tests.postman import Postman
from services.federation.tests.town import APPLICANT, PDF, RESIDENT_ID, Town

__all__ = ["APPLICANT", "PDF", "RESIDENT_ID", "World", "refusal"]


@dataclass
class World:
    """A collecting town, a handling town, and the post between them."""

    here: Town
    there: Town
    post: Postman
    clock: FixedClock

    @classmethod
    def at(cls, folder: Path) -> World:
        clock = FixedClock(MONDAY)
        here = Town.at(folder / "here", "610902.hanbin", "610902", "汉滨区政务服务中心", 1, clock)
        there = Town.at(folder / "there", "511602.guangan", "511602", "广安区政务服务中心", 2, clock)
        return cls(here, there, Postman((here, there)), clock)

    def terms(self, **changes: Any) -> Terms:
        terms = Terms(
            handling_site=self.there.site,
            handling_center_id=self.there.center,
            handling_center_name="广安区政务服务中心",
            collecting_site=self.here.site,
            collecting_center_id=self.here.center,
            collecting_center_name="汉滨区政务服务中心",
            item_id="item-food",
            item_code="SP-001",
            item_name="食品经营许可",
            modes=(Mode.COLLECT_FOR, Mode.FULLY_ONLINE),
            handling_unit="广安区市场监管局",
            materials=(
                AgreedMaterial("application-form", "申请书", True, "original", "A4 纸打印，本人签字"),
                AgreedMaterial("layout-plan", "平面图", False, "copy"),
            ),
            deliveries=("post", "window", "electronic"),
            days=SegmentDays(1, 1, 3),
            handling_contact=Contact("李办理", "0826-0000001", "综合窗口"),
            collecting_contact=Contact("王代收", "0915-0000001", "综合窗口"),
            effective_from=date(2026, 11, 1),
        )
        return replace(terms, **changes)

    def agree(self, **changes: Any) -> Agreement:
        """An agreement in force at both."""
        proposed = agreements.propose_agreement(
            desk=self.here.desk, call=self.here.by("manager"), agreement_id="", terms=self.terms(**changes)
        )
        self.post.settle()
        agreements.answer_agreement(
            desk=self.there.desk,
            call=self.there.by("manager"),
            agreement_id=proposed.id,
            edition_id=proposed.editions[0].id,
            confirmed=True,
            note="",
            expected_version=0,
        )
        self.post.settle()
        return self.here.desk.agreements.get(proposed.id)

    def open(self, agreement: Agreement, call: Call | None = None, **changes: Any) -> Crossing:
        """A crossing at the collecting desk."""
        asked: dict[str, Any] = {
            "center_id": self.here.center,
            "agreement_id": agreement.id,
            "mode": Mode.COLLECT_FOR,
            "applicant": APPLICANT,
            "identity_note": "居民身份证原件",
            "delivery": "window",
            "form_json": "",
            "ticket_id": "",
            "journey": "",
        }
        return collecting.open_crossing(desk=self.here.desk, call=call or self.here.by(), **(asked | changes))

    def scan(
        self, crossing: Crossing, key: str = "application-form", content: bytes = PDF, check: bool = True
    ) -> Crossing:
        """A scan, compared with its original."""
        desk, by = self.here.desk, self.here.by()
        files.upload_scan(
            desk=desk,
            call=by,
            crossing_id=crossing.id,
            code="",
            material_key=key,
            filename=f"{key}.pdf",
            media_type="application/pdf",
            chunks=[content],
        )
        if check:
            files.check_material(
                desk=desk,
                call=by,
                crossing_id=crossing.id,
                material_key=key,
                checked=True,
                originals=1,
                copies=0,
                expected_version=0,
            )
        return desk.crossings.get(crossing.id)

    def send(self, crossing: Crossing) -> Crossing:
        return collecting.send_crossing(
            desk=self.here.desk, call=self.here.by(), crossing_id=crossing.id, code="", expected_version=0
        )

    def sent(self, **changes: Any) -> Crossing:
        """A crossing that the handling place's intake has."""
        crossing = self.send(self.scan(self.open(self.agree(), **changes)))
        self.post.settle()
        self.there.intake_says(crossing.id, "ApplicationReceived")
        self.post.settle()
        return self.mirror(crossing.id)

    def mirror(self, id: str) -> Crossing:
        return self.here.desk.crossings.get(id)

    def owned(self, id: str) -> Crossing:
        return self.there.desk.crossings.get(id)

    def pass_time(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))
        self.here.sweep()
        self.there.sweep()


def refusal(code: str, do: Callable[[], object]) -> TongbanError:
    """The refusal that an act meets."""
    with pytest.raises(TongbanError, match=f"^{code}: ") as met:
        do()
    return met.value
