"""Words for collected papers and the lists that they go by, for what is on file, and for results."""

from __future__ import annotations

PAPERS: dict[str, dict[str, str]] = {
    "PaperListState": {
        "draft": "待移交",
        "given": "待签收",
        "received": "已签收",
        "differing": "有差异",
        "settled": "差异已处理",
        "withdrawn": "已撤回",
    },
    "PaperLineState": {"pending": "待签收", "received": "收到", "missing": "缺少", "damaged": "破损"},
    "PaperLineSettlement": {"accepted": "部门已收到", "returned": "退回窗口，重新交接", "lost": "遗失"},
    "LicenceState": {
        "valid": "有效",
        "continued": "视为准予延续",
        "renewed": "已换发",
        "expired": "已届满",
        "ended": "已撤销或者注销",
    },
    "TrustLevel": {
        "a": "A 级：核发机构产生",
        "b": "B 级：窗口核验过原件",
        "c": "C 级：本人上传",
        "d": "D 级：自行承诺",
    },
    "HoldingState": {
        "valid": "有效",
        "expired": "已过期",
        "revoked": "已撤销或者注销",
        "replaced": "已换发",
        "withdrawn": "已撤回",
    },
}
