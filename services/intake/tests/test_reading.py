"""Reading applications and their papers."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kit.actor import PUBLIC, Actor
from kit.call import Call, enter_call, leave_call
from kit.errors import Forbidden, Invalid, NotFound
from kit.testing import actor
from reference.papers.testing import words
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.paper import Paper, PaperKind
from services.intake.grpc_api import IntakeApi
from services.intake.grpc_api.messages import MOST_MATERIALS
from services.intake.handlers.judge import accept_application, refuse_application
from services.intake.handlers.show import get_paper
from services.intake.handlers.supplement import request_supplement
from services.intake.queries.applications import get_application, list_applications
from services.intake.tests.intake_hall import APPLICANT, CITIZEN, CLERK, Hall, MakeHall
from tongban.intake.v1 import messages_pb2
from tongban.intake.v1 import service_pb2 as pb

OTHER_CITIZEN = Actor("citizen:somebody-else", "", frozenset({"citizen"}))


def get(hall: Hall, who: Actor, application_id: str = "", code: str = "") -> Application:
    return get_application(desk=hall.desk, call=hall.by(who), application_id=application_id, code=code)


@pytest.mark.parametrize("role", ["clerk", "chief", "reviewer", "approver", "supervisor", "manager"])
def test_staff_of_the_center_read_by_id(hall: Hall, role: str) -> None:
    application = hall.received()
    assert get(hall, actor(role), application.id) == application
    with pytest.raises(Forbidden):
        get(hall, actor(role, center="610900"), application.id)


def test_whoever_has_the_code_reads_by_it(hall: Hall) -> None:
    application = hall.received()
    assert get(hall, PUBLIC, code=application.code) == application
    assert get(hall, PUBLIC, application.id, application.code) == application
    for application_id, code in (("", "guessed"), ("another", application.code)):
        with pytest.raises(NotFound):
            get(hall, PUBLIC, application_id, code)


def test_an_id_alone_opens_nothing_to_the_public_or_to_other_citizens(hall: Hall) -> None:
    application = hall.received()
    assert get(hall, CITIZEN, application.id) == application
    with pytest.raises(Forbidden, match="code_required"):
        get(hall, PUBLIC, application.id)
    with pytest.raises(NotFound):
        get(hall, OTHER_CITIZEN, application.id)


def listed(
    hall: Hall,
    who: Actor,
    center_id: str = "610902",
    state: ApplicationState | None = None,
    ticket_id: str = "",
    limit: int = 0,
    cursor: str = "",
) -> tuple[list[str], str]:
    found = list_applications(
        desk=hall.desk,
        call=hall.by(who),
        center_id=center_id,
        state=state,
        ticket_id=ticket_id,
        limit=limit,
        cursor=cursor,
    )
    return [application.id for application in found.items], found.cursor


def test_a_center_lists_its_own_newest_first(hall: Hall) -> None:
    ids = []
    for _ in range(3):
        ids.append(hall.received().id)
        hall.pass_time(minutes=1)
    online = hall.received(CITIZEN).id
    assert listed(hall, CLERK)[0] == [online, *reversed(ids)]
    first, cursor = listed(hall, CLERK, limit=2)
    rest, end = listed(hall, CLERK, limit=2, cursor=cursor)
    assert (first + rest, end) == ([online, *reversed(ids)], "")
    assert listed(hall, CLERK, ticket_id="ticket-1")[0] == list(reversed(ids))
    accept_application(desk=hall.desk, call=hall.by(), application_id=ids[1], expected_version=0)
    assert listed(hall, CLERK, state=ApplicationState.ACCEPTED)[0] == [ids[1]]


def test_no_list_crosses_a_centers_border(hall: Hall) -> None:
    hall.received()
    with pytest.raises(Forbidden):
        listed(hall, CLERK, center_id="610900")
    assert listed(hall, actor("clerk", center="610900"), center_id="610900")[0] == []


def test_a_citizen_lists_their_own_whatever_center_they_name(hall: Hall) -> None:
    own = hall.received(CITIZEN)
    assert listed(hall, CITIZEN, center_id="610900")[0] == [own.id]
    assert listed(hall, CITIZEN, state=ApplicationState.REFUSED)[0] == []
    assert listed(hall, OTHER_CITIZEN)[0] == []


# ── Papers ───────────────────────────────────────────────────────────────────────────────────────────────────


def pdf_of(hall: Hall, application: Application, kind: PaperKind) -> bytes:
    paper = next(paper for paper in application.papers if paper.kind is kind)
    return pdf(hall, application, paper)


def pdf(hall: Hall, application: Application, paper: Paper) -> bytes:
    return get_paper(desk=hall.desk, call=hall.by(), application_id=application.id, paper_id=paper.id, code="")[1]


def test_the_receipt_says_what_was_handed_in_and_what_the_law_gives(hall: Hall) -> None:
    application = hall.received()
    text = words(pdf_of(hall, application, PaperKind.RECEIPT))
    for expected in (
        "收件凭证",
        "610902收〔2026〕000001号",
        application.number,
        APPLICANT.name,
        "食品经营许可",
        "申请书",
        "平面图",
        "2026年11月30日",
        "投诉电话：12345",
        "样章",
        f"/c/{application.code}",
    ):
        assert expected in text


def test_the_acceptance_notice_has_the_fields_of_the_standard(hall: Hall) -> None:
    received = hall.received()
    accepted = accept_application(desk=hall.desk, call=hall.by(), application_id=received.id, expected_version=0)
    text = words(pdf_of(hall, accepted, PaperKind.ACCEPTANCE))
    procedures = ("听证", "招标", "拍卖", "检验", "检测", "检疫", "测绘", "鉴定", "专家评审")
    fields = (
        "受理通知书",
        "10个工作日",
        "窗口领取（03号窗口）",
        "邮寄",
        "受理人",
        "联系电话",
        "投诉电话",
        "申请人（签字）",
    )
    for expected in (*fields, *procedures, "受理专用章", "与审批结果无关", accepted.number):
        assert expected in text


def test_the_acceptance_notice_says_until_when_and_how_that_is_counted(hall: Hall) -> None:
    received = hall.received()
    accepted = accept_application(desk=hall.desk, call=hall.by(), application_id=received.id, expected_version=0)
    text = words(pdf_of(hall, accepted, PaperKind.ACCEPTANCE))
    for expected in ("办结日期为2026年12月7日", "2026-11-24至2026-11-27计入第1至4日：工作日", "周末，不计入"):
        assert expected in text
    assert "暂定" not in text


def test_the_notice_by_the_law_says_so(hall: Hall) -> None:
    application = hall.received()
    hall.pass_time(days=10)
    text = words(pdf_of(hall, hall.now(application), PaperKind.ACCEPTANCE))
    assert "第三十二条" in text
    assert "自2026年11月23日起即为受理" in text


def test_the_one_time_notice_comes_in_two_copies_with_every_fault(hall: Hall) -> None:
    wants = [
        Declared("application-form", MaterialState.INCOMPLETE, "缺第二页"),
        Declared("layout-plan", MaterialState.WRONG_FORM, "须按 1:100 绘制"),
    ]
    noticed = request_supplement(
        desk=hall.desk, call=hall.by(), application_id=hall.received().id, wants=wants, expected_version=0
    )
    text = words(pdf_of(hall, noticed, PaperKind.ONE_TIME_NOTICE))
    for expected in ("缺第二页", "须按1:100绘制", "材料不齐全", "不符合法定形式", "投诉电话：12345", "2027年1月19日"):
        assert text.count(expected) >= 2
    assert "送达联" in text
    assert "存根联" in text
    assert "一式二份" in text


def test_the_refusal_names_reason_basis_and_rights_on_both_copies(hall: Hall) -> None:
    refused = refuse_application(
        desk=hall.desk,
        call=hall.by(),
        application_id=hall.received().id,
        reason="不属于本中心受理范围 #let x = 1 *粗体*",
        basis="《行政许可法》第三十二条",
        expected_version=0,
    )
    text = words(pdf_of(hall, refused, PaperKind.REFUSAL))
    for expected in ("不予受理通知书", "#letx=1*粗体*", "第三十二条", "行政复议", "行政诉讼", "签收日期"):
        assert text.count(expected) >= 2


def test_the_same_paper_is_the_same_bytes_whatever_changed_since(hall: Hall) -> None:
    application = hall.received()
    before = pdf_of(hall, application, PaperKind.RECEIPT)
    hall.pass_time(days=30)
    assert hall.now(application).state is ApplicationState.ACCEPTED
    assert pdf_of(hall, hall.now(application), PaperKind.RECEIPT) == before


def test_a_paper_is_for_the_center_and_the_holder(hall: Hall) -> None:
    application = hall.received()
    [paper] = application.papers

    def open_paper(who: Actor, code: str = "", paper_id: str = paper.id) -> Paper:
        return get_paper(
            desk=hall.desk, call=hall.by(who), application_id=application.id, paper_id=paper_id, code=code
        )[0]

    assert open_paper(PUBLIC, application.code) == paper
    with pytest.raises(Forbidden):
        open_paper(PUBLIC)
    with pytest.raises(NotFound):
        open_paper(OTHER_CITIZEN)
    with pytest.raises(NotFound, match="paper_not_found"):
        open_paper(CLERK, paper_id="another")


@pytest.mark.parametrize("who", [actor("supervisor"), actor("manager"), actor("reviewer", department="gaj")])
def test_a_paper_with_its_full_name_and_code_is_not_for_who_only_looks_on(hall: Hall, who: Actor) -> None:
    application = hall.received()
    assert get(hall, who, application.id) == application
    with pytest.raises(Forbidden):
        get_paper(
            desk=hall.desk,
            call=hall.by(who),
            application_id=application.id,
            paper_id=application.papers[0].id,
            code="",
        )


# ── gRPC ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def api(hall: Hall) -> Iterator[IntakeApi]:
    token = enter_call(Call(CLERK, hall.clock.now()))
    yield IntakeApi(hall.desk)
    leave_call(token)


def request(**changes: object) -> pb.ReceiveApplicationRequest:
    message = pb.ReceiveApplicationRequest(
        center_id="610902",
        item_id="item-food",
        ticket_id="ticket-1",
        applicant=messages_pb2.Applicant(name=APPLICANT.name, id_type="resident_id", id_number=APPLICANT.id_number),
        materials=[pb.DeclaredMaterial(key="application-form", originals=1)],
    )
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_messages_go_in_and_out(api: IntakeApi, hall: Hall) -> None:
    received = api.ReceiveApplication(request(form_json='{"a": 1}'), None).application  # type: ignore[arg-type]
    assert received.state == messages_pb2.APPLICATION_STATE_RECEIVED
    assert received.materials[0].state == messages_pb2.MATERIAL_STATE_HANDED_IN
    assert (received.applicant.name, received.form_json) == ("张**", '{"a":1}')
    assert received.delivery == messages_pb2.DELIVERY_METHOD_WINDOW
    [paper] = received.papers
    assert (paper.kind, paper.title) == (messages_pb2.PAPER_KIND_RECEIPT, "收件凭证")
    got = api.GetApplication(pb.GetApplicationRequest(application_id=received.id), None)  # type: ignore[arg-type]
    listed = api.ListApplications(pb.ListApplicationsRequest(center_id="610902"), None)  # type: ignore[arg-type]
    assert got.application.form_json == '{"a":1}'
    got.application.ClearField("form_json")  # what was answered may name anybody: not for lists
    assert list(listed.applications) == [got.application]
    # The receipt carries the code; from then on it speaks for the holder alone.
    assert (bool(received.code), got.application.code) == (True, "")
    received.ClearField("code")
    received.ClearField("form_json")
    assert got.application == received
    shown = api.ShowApplicant(
        pb.ShowApplicantRequest(application_id=received.id, purpose="核对"),
        None,  # type: ignore[arg-type]
    )
    assert shown.applicant.id_number == APPLICANT.id_number


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        (actor("supervisor"), ""),
        (actor("reviewer", department="gaj"), ""),
        (CLERK, '{"a":1}'),
        (CITIZEN, '{"a":1}'),
    ],
)
def test_the_forms_answers_are_for_who_works_on_them_and_who_gave_them(hall: Hall, who: Actor, answers: str) -> None:
    application = hall.received(form_json='{"a": 1}')
    token = enter_call(Call(who, hall.clock.now()))
    request = pb.GetApplicationRequest(application_id=application.id)
    seen = IntakeApi(hall.desk).GetApplication(request, None).application  # type: ignore[arg-type]
    leave_call(token)
    assert seen.form_json == answers


def test_the_holder_sees_who_is_responsible_by_name_only(hall: Hall) -> None:
    application = hall.received()
    token = enter_call(Call(PUBLIC, hall.clock.now()))
    request = pb.GetApplicationRequest(code=application.code)
    seen = IntakeApi(hall.desk).GetApplication(request, None).application  # type: ignore[arg-type]
    leave_call(token)
    assert (seen.responsible_staff_id, seen.responsible_staff_name) == ("", CLERK.name)
    assert (seen.code, seen.window_number) == (application.code, application.window_number)


def test_a_stream_of_chunks_becomes_an_upload_and_comes_out_again(api: IntakeApi, hall: Hall) -> None:
    application = hall.received()
    header = pb.UploadHeader(application_id=application.id, material_key="layout-plan", filename="a.pdf")
    parts = [pb.UploadMaterialRequest(header=header)]
    parts += [pb.UploadMaterialRequest(chunk=chunk) for chunk in (b"%PDF-1.7\n", b"body")]
    upload = api.UploadMaterial(iter(parts), None).upload  # type: ignore[arg-type]
    assert (upload.size, upload.media_type) == (13, "application/pdf")
    asked = pb.DownloadMaterialRequest(application_id=application.id, sha256=upload.sha256)
    first, *chunks = api.DownloadMaterial(asked, None)  # type: ignore[arg-type]
    assert first.upload == upload
    assert b"".join(part.chunk for part in chunks) == b"%PDF-1.7\nbody"


@pytest.mark.parametrize("parts", [[], [pb.UploadMaterialRequest(chunk=b"%PDF-")]])
def test_an_upload_without_a_header_is_refused(api: IntakeApi, parts: list[pb.UploadMaterialRequest]) -> None:
    with pytest.raises(Invalid, match="upload_header_missing"):
        api.UploadMaterial(iter(parts), None)  # type: ignore[arg-type]


def test_too_many_materials_are_refused(api: IntakeApi) -> None:
    message = request()
    message.materials.extend([pb.DeclaredMaterial(key="application-form")] * MOST_MATERIALS)
    with pytest.raises(Invalid, match="too_many_materials"):
        api.ReceiveApplication(message, None)  # type: ignore[arg-type]


def test_a_company_is_shown_by_its_name(make_hall: MakeHall) -> None:
    hall = make_hall()
    company = replace(APPLICANT, name="样例餐饮有限公司", id_type="credit_code", id_number="91110000600037341L")
    hall.received(applicant=company)
    assert "样例餐饮有限公司".encode() in hall.events[0].data
