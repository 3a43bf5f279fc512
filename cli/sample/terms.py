"""The closed vocabularies of the sample data, with the codes of the standards where there are any."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ItemType(StrEnum):
    """Type of a matter (事项类型), GB/T 39046 A.1; 备案 is counted as 其他."""

    LICENSING = "01"
    PENALTY = "02"
    COERCION = "03"
    LEVY = "04"
    BENEFIT = "05"
    INSPECTION = "06"
    CONFIRMATION = "07"
    AWARD = "08"
    ADJUDICATION = "09"
    OTHER = "10"
    PUBLIC_SERVICE = "20"


class ItemKind(StrEnum):
    """Kind of case (办件类型), GB/T 39046 A.6: done at the window, or within a promised limit."""

    IMMEDIATE = "immediate"
    PROMISED = "promised"


class Cooperation(StrEnum):
    """How departments work together on it (协同方式), apart from the kind (rules F01)."""

    SINGLE = "single"
    JOINT = "joint"
    SENT_UP = "sent_up"


class LimitUnit(StrEnum):
    """Unit of a time limit."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"


class SpecialProcedure(StrEnum):
    """What may have to happen besides the steps (特别程序, rules E01, E03)."""

    HEARING = "hearing"
    BIDDING = "bidding"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    SURVEYING = "surveying"
    APPRAISAL = "appraisal"
    EXPERT_REVIEW = "expert_review"
    PUBLIC_NOTICE = "public_notice"
    SITE_VISIT = "site_visit"


class MaterialSource(StrEnum):
    """Where a material comes from."""

    APPLICANT = "applicant"
    GOVERNMENT = "government"
    THIRD_PARTY = "third_party"


class MaterialForm(StrEnum):
    """In which form a material is handed in."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"
    ORIGINAL_AND_COPY = "original_and_copy"


class Necessity(StrEnum):
    """Whether a missing material bars acceptance (main) or may be tolerated (secondary, rules D01)."""

    MAIN = "main"
    SECONDARY = "secondary"


class StepRole(StrEnum):
    """Who works on a step: 审查人员, 首席代表 (rules AA03) or 审批人员."""

    REVIEWER = "reviewer"
    CHIEF = "chief"
    APPROVER = "approver"


class ResultKind(StrEnum):
    """What the applicant gets: 证照, 批文, 证明 or 登记."""

    LICENCE = "licence"
    APPROVAL = "approval"
    CERTIFICATE = "certificate"
    REGISTRATION = "registration"


class Audience(StrEnum):
    """Whom a matter is for (服务对象), GB/T 39046 A.4."""

    NATURAL_PERSON = "1"
    ENTERPRISE = "2"
    PUBLIC_INSTITUTION = "3"
    SOCIAL_ORGANISATION = "4"
    AUTHORITY = "5"
    OTHER = "6"


class Confidence(StrEnum):
    """How sure the source of a row is: read in full, one secondary page, or a name only."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"


class CenterLevel(StrEnum):
    """Level of a center in the tree (rules AH21)."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


# 行使层级, GB/T 39046 A.2: the digit between credit code and basic code in an implementation code.
LEVEL_DIGITS: Final = MappingProxyType({CenterLevel.CITY: "3", CenterLevel.COUNTY: "4", CenterLevel.TOWNSHIP: "5"})


class WindowKind(StrEnum):
    """The seven kinds of window (rules B01)."""

    CONSULTING = "consulting"
    GENERAL = "general"
    ASSISTED = "assisted"
    CROSS_REGION = "cross_region"
    LIFE_EVENT = "life_event"
    POLICY_BENEFIT = "policy_benefit"
    STUCK_MATTER = "stuck_matter"
