"""Applications in every situation, for the tests of the domain."""

from datetime import timedelta
from typing import Any

from kit.testing import MONDAY
from services.intake.domain import transitions
from services.intake.domain.application import (
    Applicant,
    Application,
    Channel,
    DeliveryMethod,
    Origin,
    Refusal,
    Subject,
)
from services.intake.domain.material import Declared, Material, MaterialState, Upload
from services.intake.domain.officer import Officer

OFFICER = Officer("staff-1", "王小窗")
REFUSAL = Refusal("不属于本中心受理范围", "许可法第三十二条", "可以申请行政复议或者提起行政诉讼")
MATERIALS = (Material("form", "申请书", True), Material("plan", "平面图", True), Material("note", "说明", False))
HANDED_IN = tuple(Declared(key, MaterialState.HANDED_IN, originals=1) for key in ("form", "plan"))
WANTED = (Declared("plan", MaterialState.WRONG_FORM, "请按比例重绘"),)
FILE = Upload("a" * 64, "a.pdf", "application/pdf", 10)
DAY = timedelta(days=1)
NOTICE_DUE = MONDAY + 7 * DAY
SUPPLEMENT_DUE = MONDAY + 30 * DAY


def received(declared: tuple[Declared, ...] = HANDED_IN, **changes: Any) -> Application:
    arguments: dict[str, Any] = {
        "id": "a-1",
        "number": "1",
        "code": "code",
        "center_id": "610902",
        "subject": Subject("item", 1, "食品经营许可", "dept", "promised"),
        "origin": Origin(Channel.WINDOW, "j-1", "t-1", "03"),
        "applicant": Applicant("张三", "resident_id", "1"),
        "holder_key": "key",
        "materials": MATERIALS,
        "declared": declared,
        "delivery": DeliveryMethod.WINDOW,
        "form_json": "",
        "responsible": None,
        "notice_due_at": NOTICE_DUE,
        "now": MONDAY,
    }
    return transitions.receive(**(arguments | changes))


def requested(application: Application | None = None, *, lapses: bool = True) -> Application:
    return transitions.request_supplement(
        application or received(), WANTED, officer=OFFICER, due_at=SUPPLEMENT_DUE, lapses=lapses, now=MONDAY
    )


def accepted() -> Application:
    return transitions.accept(received(), officer=OFFICER, on_spot=True, now=MONDAY)
