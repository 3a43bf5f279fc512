"""Settings of certificates: for how long papers on file may be used again, and what level of trust is wanted."""

from __future__ import annotations

from typing import Any, Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting
from reference.policies.shapes import bad, objects

_LEVELS: Final = ("A", "B", "C", "D")
_LEVELS_SOURCE: Final = "国办函〔2016〕108号 names the levels A to D (facts 3)"


def _names(value: Any) -> None:
    """A list of materials, each with the certificate that it is."""
    objects(material=str, certificate=str)(value)
    if len({each["material"] for each in value}) != len(value):
        raise bad("同一材料只能对应一种证照")


SETTINGS: Final = (
    Setting("material_trust_default", str, "C", "事项没有规定时，引用库中材料所需的最低可信等级",
            f"{_LEVELS_SOURCE}; which of them suffices is our own choice", choices=_LEVELS),
    Setting("verified_paper_days", int, 365, "窗口核验过原件的材料（B 级）可以再次使用的天数", OUR_OWN_CHOICE,
            least=1, most=3650),
    Setting("uploaded_paper_days", int, 180, "用户上传的材料（C 级）核验原件后可以再次使用的天数", OUR_OWN_CHOICE,
            least=1, most=3650),
    Setting("declared_paper_days", int, 90, "自行承诺的材料（D 级）可以再次使用的天数", OUR_OWN_CHOICE,
            least=1, most=3650),
    Setting("holding_retention_days", int, 730, "库中材料失效或者撤回后的保存天数", OUR_OWN_CHOICE, least=0, most=36500),
    Setting("certificate_names", list, [], "材料名称与证照名称的对应，如“营业执照等主体资格证明”对应“营业执照”",
            OUR_OWN_CHOICE, shape=_names),
)  # fmt: skip
