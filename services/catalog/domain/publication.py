"""What an item must say before a center publishes it (rules AB02, F02, F05, H04; 许可法 58)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from kit.errors import Invalid
from kit.workdays import Limit, Unit
from services.catalog.domain.centers import Center
from services.catalog.domain.checklists import checklist_problems, commitment_problems
from services.catalog.domain.codes import code_problems
from services.catalog.domain.items import Cooperation, Guide, ItemKind
from services.catalog.domain.routes import StepKind, longest_days, route_problems

MATERIAL_SOURCES: Final = frozenset({"applicant", "government", "third_party"})
MATERIAL_FORMS: Final = frozenset({"original", "copy", "electronic", "original_and_copy"})
STEP_ROLES: Final = frozenset({"reviewer", "approver", "chief"})
#: Who may work on the last step, which decides (rules AA03).
DECIDING_ROLES: Final = frozenset({"approver", "chief"})
RESULT_KINDS: Final = frozenset({"licence", "approval", "certificate", "registration", "other"})
#: rules E01, E03; surveying from the acceptance form (rules C02).
SPECIAL_PROCEDURES: Final = frozenset(
    {
        "hearing",
        "bidding",
        "auction",
        "inspection",
        "testing",
        "quarantine",
        "surveying",
        "appraisal",
        "expert_review",
        "public_notice",
        "site_visit",
    }
)
#: GB/T 39046 A.4.
AUDIENCE: Final = frozenset("123456")
#: A hundred years, and a year.
MAX_MONTHS, MAX_RENEWAL_DAYS = 1200, 366
MAX_PARTS: Final = 200
#: A hundred million yuan, in fen.
MAX_PRICE_FEN: Final = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing: a stable code, and words for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a center's policy says about items, and how a credit code is checked."""

    item_types: Collection[str]
    min_compression_pct: int
    #: For comparing limits of different units.
    days_per_week: float
    is_credit_code: Callable[[str], bool]
    #: What is wrong with a form's JSON Schema.
    form_problems: Callable[[str], Iterable[tuple[str, str]]]
    #: The names of a form's fields; none of what is no form.
    form_fields: Callable[[str], Collection[str]]


def draft_problems(guide: Guide, center: Center, rules: Rules) -> Iterator[Finding]:
    """What not even a draft may say: unknown words and places, keys given twice, codes of a wrong form."""
    for code, message in code_problems(
        guide.coding_scheme, guide.basic_code, guide.implementation_code, rules.is_credit_code
    ):
        yield Finding(code, message)
    if guide.type_code and guide.type_code not in rules.item_types:
        yield Finding("item_type_unknown", f"事项类型 {guide.type_code} 不在本中心的事项类型表中")
    departments = {one.key for one in center.departments}
    named = {guide.department_key}
    for step in guide.steps:
        named |= {step.department_key, *step.sign_departments}
    for key in sorted(named - {""} - departments):
        yield Finding("department_unknown", f"本中心没有部门 {key}")
    if guide.lane and all(lane.key != guide.lane for lane in center.lanes):
        yield Finding("lane_unknown", f"本中心没有队列 {guide.lane}")
    yield from _word_problems(guide)
    for code, message in (*checklist_problems(guide), *rules.form_problems(guide.form_schema)):
        yield Finding(code, message)
    yield from _twice("material_key_taken", "材料键", (material.key for material in guide.materials))
    yield from _twice("step_key_taken", "环节键", (step.key for step in guide.steps))
    for label, parts in (("材料", guide.materials), ("环节", guide.steps), ("收费", guide.fees)):
        if len(parts) > MAX_PARTS:
            yield Finding("item_too_large", f"{label}不能超过 {MAX_PARTS} 项")


def publication_problems(guide: Guide, center: Center, rules: Rules) -> Iterator[Finding]:
    """What keeps a version from being submitted or published, a draft's problems included."""
    yield from draft_problems(guide, center, rules)
    if not guide.implementation_code:
        yield Finding("item_code_missing", "缺少实施编码")
    if not guide.type_code:
        yield Finding("item_type_missing", "缺少事项类型")
    if guide.kind is None:
        yield Finding("item_kind_missing", "缺少办件类型（即办件或承诺件）")
    if guide.cooperation is None:
        yield Finding("cooperation_missing", "缺少协同方式（单办、联办或上报）")
    if not guide.department_key:
        yield Finding("department_missing", "缺少承办部门")
    yield from _limit_problems(guide)
    fields = rules.form_fields(guide.form_schema)
    for result in guide.results:
        if result.renewal_field and result.renewal_field not in fields:
            yield Finding(
                "renewal_field_unknown", f"结果“{result.name}”的延续字段 {result.renewal_field} 不是表单的字段"
            )
    for fee in guide.fees:
        if not fee.basis:
            yield Finding("fee_without_basis", f"收费“{fee.name}”没有依据，不得公布")
    if not guide.steps:
        yield Finding("steps_missing", "缺少审批环节，至少应有一个作出决定的环节")
    elif guide.steps[-1].role not in DECIDING_ROLES:
        yield Finding("last_step_cannot_decide", "最后一个环节应由审批人员或首席代表作出决定")
    for code, message in commitment_problems(guide.commitment):
        yield Finding(code, message)
    yield from _route_problems(guide, rules)


def publication_warnings(guide: Guide, rules: Rules) -> Iterator[Finding]:
    """What a manager should know and may publish all the same."""
    share = compression(guide, rules.days_per_week)
    if share is not None and share < Fraction(rules.min_compression_pct, 100):
        actual = f"较法定时限压缩 {float(share):.0%}" if share > 0 else "不短于法定时限"
        yield Finding("compression_below_minimum", f"承诺时限{actual}，未达到压缩 {rules.min_compression_pct}% 的要求")
    if guide.kind is ItemKind.IMMEDIATE and guide.promised_limit is not None and not guide.promised_limit.is_same_day:
        yield Finding("immediate_not_same_day", "即办件应当场或当天办结，承诺时限超过当天")
    if not guide.lane:
        yield Finding("lane_missing", "未指定队列，不能在大厅取号办理")


def compression(guide: Guide, days_per_week: float) -> Fraction | None:
    """By which share the promise is shorter than the law (rules F02); None where it can't be compared."""
    statutory, promised = guide.statutory_limit, guide.promised_limit
    if statutory is None or promised is None or statutory.amount == 0:
        return None
    if Unit.HOUR in (statutory.unit, promised.unit) and statutory.unit is not promised.unit:
        return None
    return 1 - _in_working_days(promised, days_per_week) / _in_working_days(statutory, days_per_week)


def refuse(findings: Iterable[Finding]) -> None:
    """Raises ``Invalid`` with the code of the first finding and the words of all; nothing when there is none."""
    found = tuple(findings)
    if found:
        words = "；".join(finding.message for finding in found[:20])
        codes = " ".join(dict.fromkeys(finding.code for finding in found))
        raise Invalid(found[0].code, f"{words}。请更正后重试。", problems=codes)


def _route_problems(guide: Guide, rules: Rules) -> Iterator[Finding]:
    found = [Finding(code, message) for code, message in route_problems(guide.steps)]
    yield from found
    if any(step.kind is StepKind.PART for step in guide.steps):
        if guide.cooperation is not Cooperation.JOINT:
            yield Finding("parts_not_joint", "有联办分项的事项，协同方式应为联办")
        if guide.steps[-1].department_key not in ("", guide.department_key):
            yield Finding("joint_lead_missing", "联办事项应由主办部门汇总并作出决定，最后一个环节应属于承办部门")
    asked = {one.key: {option.key for option in one.options} for one in guide.questions}
    for step in guide.steps:
        for condition in step.when:
            if condition.field in asked and not asked[condition.field].issuperset(condition.values):
                yield Finding("step_condition_unknown", f"环节“{step.name}”的条件中有“{condition.field}”没有的选项")
            if condition.field not in asked and condition.field not in rules.form_fields(guide.form_schema):
                yield Finding(
                    "step_condition_unknown", f"环节“{step.name}”的条件“{condition.field}”不在情形问题和表单中"
                )
    if not found and len({step.key for step in guide.steps}) == len(guide.steps):
        yield from _step_limit_problems(guide, rules)


def _step_limit_problems(guide: Guide, rules: Rules) -> Iterator[Finding]:
    days, promised = longest_days(guide.steps), guide.promised_limit
    if not days or promised is None:
        return
    if promised.unit is Unit.HOUR:
        yield Finding("step_limits_in_days", "承诺时限以小时计，各环节不能以工作日计时")
    elif days > _in_working_days(promised, rules.days_per_week):
        yield Finding("step_limits_exceed_promise", f"各环节期限合计 {days} 个工作日，超过承诺时限（{promised.text}）")


def _limit_problems(guide: Guide) -> Iterator[Finding]:
    statutory, promised = guide.statutory_limit, guide.promised_limit
    if promised is None:
        yield Finding("promised_limit_missing", "缺少承诺时限")
    elif promised.is_same_day and guide.kind is not ItemKind.IMMEDIATE:
        yield Finding("promised_limit_zero", "承诺件的承诺时限不能为 0；当场办结的事项请设为即办件")
    if guide.extension_limit is not None and not guide.extension_limit.amount:
        yield Finding("extension_limit_zero", "延长期限不能为 0；不能延长的请不填写")
    if statutory is None:
        return
    if not statutory.basis:
        yield Finding("statutory_basis_missing", "法定时限没有写明依据")
    if promised is not None and promised.unit is statutory.unit and promised.amount > statutory.amount:
        yield Finding("promised_exceeds_statutory", f"承诺时限（{promised.text}）长于法定时限（{statutory.text}）")


def _word_problems(guide: Guide) -> Iterator[Finding]:
    for material in guide.materials:
        if not material.key or not material.name:
            yield Finding("material_incomplete", "材料缺少键或名称")
        if material.source and material.source not in MATERIAL_SOURCES:
            yield Finding("material_source_unknown", f"材料“{material.name}”的来源 {material.source} 不认识")
        if material.form and material.form not in MATERIAL_FORMS:
            yield Finding("material_form_unknown", f"材料“{material.name}”的形式 {material.form} 不认识")
        if not 0 <= material.copies <= 99:
            yield Finding("material_copies_invalid", f"材料“{material.name}”的份数应为 0 至 99")
    for step in guide.steps:
        if not step.key or not step.name:
            yield Finding("step_incomplete", "环节缺少键或名称")
        if step.elsewhere is None and step.role not in STEP_ROLES:
            yield Finding("step_role_unknown", f"环节“{step.name}”的角色 {step.role} 不认识")
    if any(not fee.name or not fee.amount for fee in guide.fees):
        yield Finding("fee_incomplete", "收费缺少名称或标准")
    for fee in guide.fees:
        if not 0 <= fee.price_fen <= MAX_PRICE_FEN:
            yield Finding("fee_price_invalid", f"收费“{fee.name}”的单价应为 0 至 {MAX_PRICE_FEN} 分")
        elif fee.unit and not fee.price_fen:
            yield Finding("fee_price_missing", f"收费“{fee.name}”有计量单位 {fee.unit} 而没有单价")
    for result in guide.results:
        if not result.name or result.kind not in RESULT_KINDS:
            yield Finding("result_invalid", f"结果“{result.name}”的种类 {result.kind} 不认识")
        if not 0 <= result.valid_months <= MAX_MONTHS or not 0 <= result.renewal_days <= MAX_RENEWAL_DAYS:
            limits = f"有效期应为 0 至 {MAX_MONTHS} 个月，申请延续的提前天数应为 0 至 {MAX_RENEWAL_DAYS} 天"
            yield Finding("result_validity_invalid", f"结果“{result.name}”的{limits}")
        if result.renewal_days and not result.valid_months:
            yield Finding("result_validity_missing", f"结果“{result.name}”有延续申请期限而没有有效期，请填写有效月数")
    for name in sorted(set(guide.special_procedures) - SPECIAL_PROCEDURES):
        yield Finding("special_procedure_unknown", f"特别程序 {name} 不认识")
    for code in sorted(set(guide.audience) - AUDIENCE):
        yield Finding("audience_unknown", f"服务对象代码 {code} 不在 1 至 6 之中")


def _twice(code: str, label: str, keys: Iterable[str]) -> Iterator[Finding]:
    for key, times in Counter(keys).items():
        if key and times > 1:
            yield Finding(code, f"{label} {key} 重复")


def _in_working_days(limit: Limit, days_per_week: float) -> Fraction:
    amount = Fraction(limit.amount)
    return amount * Fraction(days_per_week) / 7 if limit.unit is Unit.CALENDAR_DAY else amount
