"""Files in and out, and who may see personal data."""

from collections.abc import Iterable

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from kit.store.repository import Repository
from kit.testing import actor
from reference import Step
from reference.testing import DEPARTMENT, sample_item
from services.intake.domain.application import Application
from services.intake.domain.material import Declared, MaterialState, Upload
from services.intake.handlers.materials import record_material, upload_material
from services.intake.handlers.show import download_material, get_paper, show_applicant
from services.intake.handlers.withdraw import withdraw_application
from services.intake.tests.intake_hall import APPLICANT, CITIZEN, CLERK, Hall, MakeHall
from tongban.intake.v1 import events_pb2

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def upload(
    hall: Hall,
    application: Application,
    content: Iterable[bytes] = (PDF,),
    *,
    who: Actor = CLERK,
    code: str = "",
    key: str = "layout-plan",
    filename: str = "平面图.pdf",
    media_type: str = "",
) -> tuple[Application, Upload]:
    return upload_material(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        code=code,
        material_key=key,
        filename=filename,
        media_type=media_type,
        chunks=content,
    )


def blobs_of(hall: Hall, upload: Upload) -> bool:
    return hall.desk.blobs.has(upload.sha256)


def test_a_file_is_kept_and_linked_to_its_material(hall: Hall) -> None:
    application, file = upload(hall, hall.received(), [PDF[:9], PDF[9:]])
    material = application.material("layout-plan")
    assert material is not None
    assert (material.uploads, material.state) == ((file,), MaterialState.HANDED_IN)
    assert (file.filename, file.media_type, file.size) == ("平面图.pdf", "application/pdf", len(PDF))
    assert blobs_of(hall, file)
    assert hall.told() == ["application_received", "material_recorded"]
    found, chunks = download_material(desk=hall.desk, call=hall.by(), application_id=application.id, sha256=file.sha256)
    assert (found, b"".join(chunks)) == (file, PDF)


def test_the_same_file_twice_is_one_link_and_one_event(hall: Hall) -> None:
    application = hall.received()
    assert upload(hall, application)[0] == upload(hall, application)[0]
    assert hall.told().count("material_recorded") == 1


@pytest.mark.parametrize(
    ("content", "filename", "media_type", "code"),
    [
        ([], "a.pdf", "", "upload_empty"),
        ([b""], "a.pdf", "", "upload_empty"),
        ([PDF, b"x" * (1024 * 1024)], "a.pdf", "", "upload_too_large"),
        ([b"MZ" + b"\x00" * 60], "a.pdf", "", "upload_type"),
        ([PNG], "a.pdf", "", "upload_type"),
        ([PNG], "a.png", "application/pdf", "upload_mislabelled"),
        ([PDF], "", "", "text_required"),
        ([PDF], "a\x07.pdf", "", "text_invalid"),
    ],
)
def test_a_bad_file_gets_its_error_and_changes_nothing(
    make_hall: MakeHall, content: list[bytes], filename: str, media_type: str, code: str
) -> None:
    hall = make_hall({"upload_max_mb": 1})
    application = hall.received()
    with pytest.raises(Invalid, match=code):
        upload(hall, application, content, filename=filename, media_type=media_type)
    assert hall.now(application) == application


def test_a_center_narrows_the_types_that_it_takes(make_hall: MakeHall) -> None:
    hall = make_hall({"upload_types": ["image/png"]})
    application = hall.received()
    assert upload(hall, application, [PNG], filename="a.png")[1].media_type == "image/png"
    with pytest.raises(Invalid, match="upload_type"):
        upload(hall, application, [PDF])


def test_an_unknown_material_is_refused_before_a_byte_is_read(hall: Hall) -> None:
    chunks = iter([PDF])
    with pytest.raises(Invalid, match="material_unknown"):
        upload(hall, hall.received(), chunks, key="passport")
    assert list(chunks) == [PDF]


def test_nothing_is_added_once_it_is_judged(hall: Hall) -> None:
    application = hall.received()
    withdraw_application(
        desk=hall.desk, call=hall.by(), application_id=application.id, code="", reason="", expected_version=0
    )
    with pytest.raises(Conflict, match="application_already_judged"):
        upload(hall, application)


def test_a_link_waits_for_those_who_change_the_application_at_the_same_time(hall: Hall) -> None:
    application = hall.received()

    def content() -> Iterable[bytes]:
        yield PDF
        record_material(
            desk=hall.desk,
            call=hall.by(),
            application_id=application.id,
            declared=Declared("application-form", MaterialState.WRONG_FORM, "重填"),
            expected_version=0,
        )

    changed, file = upload(hall, application, content())
    assert [material.uploads for material in changed.materials] == [(), (file,)]
    assert changed.materials[0].problem == "重填"


def test_the_holder_uploads_signed_in_or_by_code_and_nobody_else(hall: Hall) -> None:
    application = hall.received(CITIZEN)
    other = Actor("citizen:somebody-else", "", frozenset({"citizen"}))
    upload(hall, application, who=CITIZEN)
    upload(hall, application, [PDF + b"2"], who=other, code=application.code)
    with pytest.raises(NotFound):
        upload(hall, application, who=other)
    with pytest.raises(NotFound):
        upload(hall, application, who=other, code="guessed")
    with pytest.raises(Forbidden):
        upload(hall, application, who=actor("clerk", center="610900"))


def test_an_upload_survives_a_store_that_fails_without_a_half_link(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    application = hall.received()

    def broken(*args: object, **more: object) -> None:
        raise Unavailable("store_unavailable", "稍后重试。")

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "save", broken)
        with pytest.raises(Unavailable):
            upload(hall, application)
    assert hall.now(application) == application
    assert upload(hall, application)[0].material("layout-plan") is not None


def test_a_file_that_the_application_does_not_have_is_not_given_out(hall: Hall) -> None:
    _, file = upload(hall, hall.received())
    other = hall.received()
    with pytest.raises(NotFound, match="upload_not_found"):
        download_material(desk=hall.desk, call=hall.by(), application_id=other.id, sha256=file.sha256)


def show(hall: Hall, application: Application, who: Actor, purpose: str = "电话核实") -> object:
    return show_applicant(desk=hall.desk, call=hall.by(who), application_id=application.id, purpose=purpose)


def test_full_data_are_shown_on_the_record(hall: Hall) -> None:
    application = hall.received()
    assert show(hall, application, CLERK) == APPLICANT
    told = events_pb2.ApplicantShown.FromString(hall.events[-1].data)
    assert (told.application_id, told.purpose) == (application.id, "电话核实")
    assert (hall.events[-1].actor_id, hall.events[-1].journey) == (CLERK.id, "j-1")
    [showing] = hall.desk.showings.find("by_application", application_id=application.id).items
    assert (showing.shown_to_id, showing.purpose) == (CLERK.id, "电话核实")
    assert hall.now(application).version == application.version


def purposes(hall: Hall, application: Application) -> list[str]:
    """What the record says of an application, in order."""
    return [each.purpose for each in hall.desk.showings.find("by_application", application_id=application.id).items]


def test_a_file_is_given_out_on_the_record(hall: Hall) -> None:
    application, file = upload(hall, hall.received())
    for key in ("click-1", "click-1", "click-2"):
        again = hall.by(key=key, fingerprint="the same request")
        _, chunks = download_material(desk=hall.desk, call=again, application_id=application.id, sha256=file.sha256)
        assert b"".join(chunks) == PDF
    assert purposes(hall, application) == ["下载材料 平面图"] * 2


def test_a_paper_is_given_to_staff_on_the_record_and_to_its_holder_without(hall: Hall) -> None:
    application = hall.received()
    [receipt] = application.papers

    def printed(who: Actor, key: str, code: str = "") -> None:
        asked = hall.by(who, key=key, fingerprint="the same request")
        get_paper(desk=hall.desk, call=asked, application_id=application.id, paper_id=receipt.id, code=code)

    printed(PUBLIC, "", application.code)
    printed(CITIZEN, "")
    assert purposes(hall, application) == []
    printed(CLERK, "click-1")
    printed(CLERK, "click-1")  # what gRPC sends again comes with the same key
    assert purposes(hall, application) == [f"打印文书 {receipt.number}"]
    printed(CLERK, "click-2", application.code)
    assert purposes(hall, application) == [f"打印文书 {receipt.number}"] * 2
    assert hall.told().count("applicant_shown") == 2


def test_nothing_is_shown_when_the_record_cannot_be_written(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    application = hall.received()

    def broken(*args: object, **more: object) -> None:
        raise Unavailable("store_unavailable", "稍后重试。")

    monkeypatch.setattr(Repository, "create", broken)
    with pytest.raises(Unavailable):
        show(hall, application, CLERK)
    with pytest.raises(Unavailable):
        get_paper(
            desk=hall.desk,
            call=hall.by(),
            application_id=application.id,
            paper_id=application.papers[0].id,
            code="",
        )


def test_full_data_need_a_purpose(hall: Hall) -> None:
    with pytest.raises(Invalid, match="text_required"):
        show(hall, hall.received(), CLERK, " ")


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (actor("reviewer", department=DEPARTMENT), True),
        (actor("approver", department="renli-shebao"), True),
        (actor("reviewer", department="gongan"), False),
        (actor("chief"), False),
        (actor("manager"), False),
        (actor("clerk", center="610900"), False),
        (CITIZEN, False),
    ],
)
def test_full_data_are_for_the_departments_of_the_case(make_hall: MakeHall, who: Actor, allowed: bool) -> None:
    steps = (Step("examine", "审查", "reviewer"), Step("decide", "决定", "approver", "renli-shebao"))
    hall = make_hall(items=[sample_item(steps=steps)])
    application = hall.received()
    if allowed:
        assert show(hall, application, who) == APPLICANT
    else:
        with pytest.raises(Forbidden):
            show(hall, application, who)
        assert "applicant_shown" not in hall.told()
