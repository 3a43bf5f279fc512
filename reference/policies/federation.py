"""Settings of federation: what a center offers first in an agreement, and how long its letters wait."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("crossing_collection_days", int, 1, "收件地收件至发出的工作日数（新协议的默认值）", OUR_OWN_CHOICE,
            least=0, most=30),
    Setting("crossing_transit_days", int, 1, "发出至办理地收到的工作日数（新协议的默认值）", OUR_OWN_CHOICE,
            least=0, most=30),
    Setting("crossing_hand_back_days", int, 3, "出件至申请人收到的工作日数（新协议的默认值）", OUR_OWN_CHOICE,
            least=0, most=60),
    Setting("crossing_letter_days", int, 15, "代收件信函的有效自然日数，逾期未送达的退回收件地", OUR_OWN_CHOICE,
            least=1, most=365),
    Setting("crossing_files_days", int, 365, "未办成的代收件（取消、不予受理、撤回、未发出）材料扫描件保存的自然日数，0 为长期保存",
            "个人信息保护法 19 wants the shortest time needed, none gives days: our own choice, a year, as suits may "
            "be brought within six months", least=0, most=3650),
    Setting("sent_up_review_days", int, 20, "上报件本级审查的工作日数", "许可法 43", least=1, most=60),
    Setting("sent_up_decision_days", int, 20, "上级收到上报件后作出决定的工作日数",
            "许可法 42; the item's own limit may be shorter", least=1, most=60),
    Setting("parent_site", str, "", "上级站点编号，事项中写明“上报上级”的环节报送到该站点，如 610900.ankang；空为未设置",
            "F01 上报上级窗口; which one is the center's own"),
    Setting("urging_answer_days", int, 3, "答复其他站点催办、督办、会商的工作日数",
            "rules K07 want an answer, none gives days: our own choice", least=1, most=30),
    Setting("figures_report_to", str, "", "日报上报的上级站点编号，空为不上报", OUR_OWN_CHOICE),
    Setting("figures_restate_days", int, 7, "日报更正追溯的自然日数", OUR_OWN_CHOICE, least=0, most=90),
)  # fmt: skip
