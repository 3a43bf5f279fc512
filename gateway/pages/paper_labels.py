"""Words for collected papers and the lists that they go by."""

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
}
