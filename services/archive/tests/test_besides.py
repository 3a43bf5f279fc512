"""What is said of a case beside its own course is in its file: once, whenever it comes, and asked for where it has no end."""

from typing import Any

import pytest
from google.protobuf.message import Message

from kit.errors import NotReady
from services.archive.domain.case_file import FileState
from services.archive.domain.entries import EntryKind, first_broken
from services.archive.events import others
from services.archive.tests.archive_rooms import Rooms
from tongban.approval_routing.v1 import certificates_pb2 as certificates
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import licences_pb2 as licences
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.complaint.v1 import events_pb2 as complaint
from tongban.complaint.v1 import messages_pb2 as complaints
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import urging_pb2 as urgings
from tongban.fees.v1 import events_pb2 as fees
from tongban.fees.v1 import messages_pb2 as bills
from tongban.intake.v1 import bundles_pb2 as bundles
from tongban.intake.v1 import denials_pb2 as denials
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import hand_overs_pb2 as lists


def bill(**changes: Any) -> bills.Bill:
    fields: dict[str, Any] = {
        "id": "case-1",
        "total_fen": 12050,
        "charges": [bills.Charge(name="工本费", amount_fen=12050, basis="发改价格〔2026〕1号")],
        "receipt_number": "610902缴〔2026〕000001号",
        "payments": [
            bills.Payment(
                id="pay-1", channel=bills.PAYMENT_CHANNEL_BANK, amount_fen=12050, bank="样例银行", reference="R1"
            )
        ],
    }
    return bills.Bill(**(fields | changes))


def refunded() -> bills.Bill:
    there = bill()
    there.payments[0].refund.CopyFrom(bills.Refund(reason="多收", asked_by_name="李窗口", reference="T1"))
    return there


def report(state: Any = denials.DENIAL_STATE_OPEN, **changes: Any) -> denials.DenialReport:
    return denials.DenialReport(
        application_id="case-1", asked_for="补发许可证", reason="已被撤销", state=state, filed_by="李窗口", **changes
    )


def opinion() -> denials.DenialOpinion:
    return denials.DenialOpinion(level="chief", agrees=True, said="属实", basis="许可法 69", given_by="周首席")


def joint(site: str = "local") -> parts.Joint:
    return parts.Joint(
        number="LB1",
        case_id="case-1",
        place=parts.Place(site=site),
        parts=[parts.JointPart(title="消防", place=parts.Place(site="b"))],
        merged=parts.JointAnswer(outcome=parts.PART_OUTCOME_AGREED, merged_by="王工"),
    )


def urging(site: str = "local") -> urgings.Urging:
    return urgings.Urging(
        kind=urgings.URGING_KIND_URGE,
        title="消防意见",
        journey="j-1",
        asked_by=parts.Place(site=site),
        asked_of=parts.Place(site="b"),
        turns=[urgings.Turn(text="请于三日内答复", by="王工")],
    )


PRINT: dict[str, Any] = {
    "case_id": "case-1",
    "paper_id": "p-1",
    "title": "收件凭证",
    "number": "1号",
    "copy": 2,
    "reason": "遗失",
}
COMPLAINT = complaints.Complaint(number="TS1", case_id="case-1", liability="center", satisfied=True)
LICENCE = licences.Licence(id="case-1", name="食品经营许可证", number="JY1")
BESIDES = [
    ("fees", fees.BillComputed(bill=bill()), "核算费用", "应缴（元）：120.50\n工本费：120.50 元，发改价格〔2026〕1号"),
    (
        "fees",
        fees.BillPaid(bill=bill()),
        "缴费",
        "应缴（元）：120.50\n缴费凭证：610902缴〔2026〕000001号\n缴费方式：银行窗口\n银行：样例银行\n流水号：R1",
    ),
    (
        "fees",
        fees.PaymentRefunded(bill=refunded(), payment_id="pay-1"),
        "退费",
        "金额（元）：120.50\n流水号：R1\n退费理由：多收\n申请人：李窗口\n退款流水号：T1\n缴费凭证：610902缴〔2026〕000001号",
    ),
    (
        "intake",
        intake.DenialReported(report=report()),
        "否定事项报备",
        "申请事项：补发许可证\n理由：已被撤销\n报告人：李窗口",
    ),
    (
        "intake",
        intake.DenialReportAnswered(report=report(denials.DENIAL_STATE_CONFIRMED, opinions=[opinion()])),
        "否定事项报备答复",
        "层级：首席代表\n意见：同意不予办理\n说明：属实\n依据：许可法 69\n答复人：周首席",
    ),
    (
        "intake",
        intake.PapersHandedOver(
            bundle=bundles.PaperBundle(application_id="case-1"),
            list_number="610902交〔2026〕000001号",
            given_by="李窗口",
            received_by="王工",
            lines=[
                lists.PaperListLine(
                    material_name="申请书", originals=1, state=lists.PAPER_LINE_STATE_DAMAGED, note="缺角"
                )
            ],
        ),
        "纸质材料交接部门",
        "交接清单：610902交〔2026〕000001号\n移交人：李窗口\n签收人：王工\n材料：申请书（原件 1、复印件 0）破损缺角",
    ),
    ("intake", intake.PaperReprinted(**PRINT), "补打文书", "文书：收件凭证 1号\n补打：第 2 份\n理由：遗失"),
    (
        "approval_routing",
        approval.CasePaperReprinted(**PRINT),
        "补打文书",
        "文书：收件凭证 1号\n补打：第 2 份\n理由：遗失",
    ),
    ("approval_routing", approval.LicenceExpired(licence=LICENCE), "证照期满", "证照：食品经营许可证 JY1"),
    (
        "complaint",
        complaint.ComplaintCalledBack(complaint=COMPLAINT),
        "投诉回访",
        "编号：TS1\n问题：其他\n责任认定：中心\n回访：满意",
    ),
    (
        "federation",
        federation.JointMerged(joint=joint()),
        "多地联办汇总",
        "编号：LB1\n分办：消防（b）\n结论：同意\n汇总人：王工",
    ),
    (
        "federation",
        federation.UrgingAsked(urging=urging()),
        "向其他站点催办、督办或会商",
        "方式：催办\n事由：消防意见\n对方站点：b\n内容：请于三日内答复\n具名：王工",
    ),
]


@pytest.mark.parametrize(("service", "message", "title", "text"), BESIDES, ids=[each[2] for each in BESIDES])
def test_it_is_a_line_that_says_what_happened(
    rooms: Rooms, service: str, message: Message, title: str, text: str
) -> None:
    rooms.received()
    rooms.hear(service, message)
    last = rooms.file().entries[-1]
    assert (last.title, last.text) == (title, text)
    assert first_broken(rooms.file().entries) == 0


def test_it_waits_for_the_file_that_it_belongs_to(rooms: Rooms) -> None:
    with pytest.raises(NotReady):
        rooms.hear("fees", fees.BillPaid(bill=bill()))
    rooms.received()
    rooms.hear("fees", fees.BillPaid(bill=bill()))
    assert rooms.titles()[-1] == "缴费"


@pytest.mark.parametrize(
    "message",
    [
        federation.JointMerged(joint=joint("b")),
        federation.UrgingAsked(urging=urging("b")),
        intake.DenialReported(report=denials.DenialReport(asked_for="咨询")),
    ],
    ids=["another-sites-joint", "another-sites-urging", "no-application"],
)
def test_what_is_about_no_case_of_this_site_is_in_no_file(rooms: Rooms, message: Message) -> None:
    rooms.received()
    before = rooms.files()
    rooms.hear("intake" if isinstance(message, intake.DenialReported) else "federation", message)
    assert rooms.files() == before


@pytest.mark.parametrize(
    ("service", "began", "ended", "gap"),
    [
        ("fees", fees.BillOpened(bill=bill()), fees.BillWaived(bill=bill()), "paper/payment"),
        (
            "intake",
            intake.DenialReported(report=report()),
            intake.DenialReportAnswered(report=report(denials.DENIAL_STATE_OVERTURNED, opinions=[opinion()])),
            "paper/denial_answer",
        ),
    ],
    ids=["bill", "report"],
)
def test_what_was_begun_is_lacking_until_it_has_an_end_before_or_after_the_case(
    rooms: Rooms, service: str, began: Message, ended: Message, gap: str
) -> None:
    rooms.received()
    rooms.hear(service, began)
    rooms.accepted()
    rooms.handled()
    assert [each.key for each in rooms.file().gaps] == [gap]
    rooms.hear(service, ended)
    file = rooms.file()
    assert (file.state, file.gaps) == (FileState.CLOSED, ())


def test_what_a_department_keeps_for_itself_is_in_the_file_only_where_the_center_says_so(rooms: Rooms) -> None:
    rooms.received()
    note = approval.NoteAdded(case=rooms.case())
    rooms.hear("approval_routing", note)
    assert "部门内部备注" not in rooms.titles()
    rooms.set_policy(archive_internal_notes=True)
    rooms.hear("approval_routing", note)
    assert (rooms.titles()[-1], rooms.file().entries[-1].kind) == ("部门内部备注", EntryKind.RECORD)


def test_renewals_hearings_and_the_end_of_a_result_say_what_they_are(rooms: Rooms) -> None:
    rooms.received()
    renewal = licences.CaseRenewal(number="JY1", valid_until="2026-12-31", in_time=True)
    rooms.hear("approval_routing", approval.RenewalApplied(case=rooms.case(renewal=renewal)))
    recusal = cases.Recusal(name="王工", reason="亲属", state=cases.RECUSAL_STATE_GRANTED, decided_by_name="周首席")
    rooms.hear("approval_routing", approval.RecusalDecided(case=rooms.case(recusals=[recusal])))
    result = cases.CaseResult(
        ended=certificates.ResultEnd(kind=certificates.RESULT_END_KIND_REVOKED, reason="材料虚假", basis="许可法 69")
    )
    rooms.hear("approval_routing", approval.ResultEnded(case=rooms.case(result=result)))
    assert [(each.title, each.text) for each in rooms.file().entries[-3:]] == [
        ("申请延续证照", "原证照：JY1\n有效期至：2026-12-31\n申请时间：在规定期限内"),
        ("回避决定", "人员：王工\n理由：亲属\n决定：同意回避\n决定人：周首席"),
        ("证照撤销或者注销", "方式：撤销\n理由：材料虚假\n依据：许可法 69"),
    ]


def test_every_rule_has_words_for_its_line() -> None:
    titles = [rule.title for rules in others.FOLLOWED.values() for rule in rules.values()]
    assert all(titles)
