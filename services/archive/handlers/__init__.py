"""Use cases: following cases, filing, looking, handing over."""

from services.archive.handlers.destroying import (
    carrying_out,
    decide_destruction,
    get_destruction,
    hold_case_file,
    lift_hold,
    propose_destruction,
)
from services.archive.handlers.filing import file_case
from services.archive.handlers.following import Head, files_of_visit, follow_case, follow_known
from services.archive.handlers.handing_over import (
    alarms,
    check_hand_over,
    confirm_hand_over,
    propose_hand_over,
    return_hand_over,
    side_of,
)
from services.archive.handlers.inspecting import Inspection
from services.archive.handlers.looking import download_entry, find_case_files, get_case_file
from services.archive.handlers.packing import package
from services.archive.handlers.receipts import receipt
from services.archive.handlers.room import (
    CASE_FILES,
    DESTRUCTIONS,
    HAND_OVERS,
    KINDS,
    LOOKS,
    UPGRADES,
    ArchiveRoom,
    case_file_keys,
    case_file_missing,
    destruction_missing,
    hand_over_missing,
    seen_file,
    settling_keys,
)

__all__ = [
    "CASE_FILES",
    "DESTRUCTIONS",
    "HAND_OVERS",
    "KINDS",
    "LOOKS",
    "UPGRADES",
    "ArchiveRoom",
    "Head",
    "Inspection",
    "alarms",
    "carrying_out",
    "case_file_keys",
    "case_file_missing",
    "check_hand_over",
    "confirm_hand_over",
    "decide_destruction",
    "destruction_missing",
    "download_entry",
    "file_case",
    "files_of_visit",
    "find_case_files",
    "follow_case",
    "follow_known",
    "get_case_file",
    "get_destruction",
    "hand_over_missing",
    "hold_case_file",
    "lift_hold",
    "package",
    "propose_destruction",
    "propose_hand_over",
    "receipt",
    "return_hand_over",
    "seen_file",
    "settling_keys",
    "side_of",
]
