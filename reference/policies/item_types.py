"""The type dictionaries (事项类型) that a center may choose from (rules ZZ27, AH01; GB/T 39046 A.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Codes and names by dictionary. Only the national standard gives codes; those of the other two are our own choice.
ITEM_TYPES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        # GB/T 39046-2020 A.1
        "gbt39046": MappingProxyType(
            {
                "01": "行政许可",
                "02": "行政处罚",
                "03": "行政强制",
                "04": "行政征收",
                "05": "行政给付",
                "06": "行政检查",
                "07": "行政确认",
                "08": "行政奖励",
                "09": "行政裁决",
                "10": "其他行政权力",
                "20": "公共服务",
            }
        ),
        # 002, section 2 (重庆 2023)
        "chongqing2023": MappingProxyType(
            {
                "xk": "许可",
                "qr": "确认",
                "cj": "裁决",
                "jf": "给付",
                "jl": "奖励",
                "ba": "备案",
                "qt": "其他",
                "gg": "公共服务",
            }
        ),
        # 004, part one, section 2 (安康 2017)
        "ankang2017": MappingProxyType({"xk": "许可", "jf": "给付", "qr": "确认", "zs": "征收", "qt": "其他"}),
    }
)
