"""The licence itself travels back: printed at the collecting center, or fetched by the signed-in applicant (rules I01)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kit.errors import Conflict, NotFound
from kit.events import event_type
from services.federation.domain.agreement import Sealing
from services.federation.domain.crossing import Crossing
from services.federation.handlers import results
from services.federation.protos.agreements import SEALINGS
from services.federation.tests.test_segments_between_towns import issued, say_issued
from services.federation.tests.town import PDF, Town
from services.federation.tests.towns import World, refusal
from tongban.federation.v1 import events_pb2, letters_pb2
from tongban.intake.v1 import messages_pb2 as intake

LICENCE = PDF + b"% licence"


def upload(world: World, id: str, content: bytes = LICENCE) -> Crossing:
    there = world.there
    crossing = results.upload_result(
        desk=there.desk, call=there.by("approver"), crossing_id=id, filename="许可证.pdf",
        media_type="application/pdf", chunks=[content],
    )  # fmt: skip
    world.here.box.kept |= there.box.kept  # relay carries what is kept with it
    world.post.settle()
    return crossing


def fetched(town: Town, call: object, id: str) -> bytes:
    _, chunks = results.download_result(desk=town.desk, call=call, crossing_id=id)  # type: ignore[arg-type]
    return b"".join(chunks)


def test_the_licence_is_printed_at_the_collecting_center_on_the_record_and_had_by_the_applicant(world: World) -> None:
    mirror = issued(world, "electronic")
    refusal("no_result_file", lambda: fetched(world.here, world.here.by(), mirror.id))
    upload(world, mirror.id)
    assert world.mirror(mirror.id).status == world.owned(mirror.id).status
    assert fetched(world.here, world.here.by(), mirror.id) == LICENCE
    (showing,) = world.here.desk.showings.find("by_crossing", crossing_id=mirror.id).items
    assert showing.purpose == "打印结果 许可证.pdf"
    assert fetched(world.here, world.here.citizen(), mirror.id) == LICENCE
    assert len(world.here.desk.showings.find("by_crossing", crossing_id=mirror.id).items) == 1


def test_what_changes_while_it_is_uploaded_is_kept_beside_it(world: World) -> None:
    mirror, there = issued(world, "electronic"), world.there

    def chunks() -> Iterator[bytes]:
        yield LICENCE
        held = there.desk.crossings.get(mirror.id)
        there.desk.crossings.save(replace(held, department_key="minzheng"), [], there.by("approver"))

    results.upload_result(
        desk=there.desk, call=there.by("approver"), crossing_id=mirror.id, filename="许可证.pdf",
        media_type="application/pdf", chunks=chunks(),
    )  # fmt: skip
    held = there.desk.crossings.get(mirror.id)
    assert held.department_key == "minzheng"
    assert held.status is not None
    assert held.status.result_file is not None


def test_it_is_for_nobody_else(world: World) -> None:
    mirror = issued(world, "electronic")
    upload(world, mirror.id)
    with pytest.raises(NotFound):
        fetched(world.here, world.here.citizen("990101198001011234"), mirror.id)


def test_only_what_was_decided_here_gets_one(world: World) -> None:
    crossing = world.sent()
    refusal("no_result_yet", lambda: upload(world, crossing.id))
    here = world.here
    with pytest.raises(Conflict, match="collected_here"):
        results.upload_result(
            desk=here.desk, call=here.by("approver"), crossing_id=crossing.id, filename="x.pdf",
            media_type="application/pdf", chunks=[LICENCE],
        )  # fmt: skip


def test_a_picture_that_names_a_file_which_did_not_come_gives_nobody_another_cases(world: World) -> None:
    mirror = issued(world, "post")
    letter = [each for each in world.post.delivered if each.type == "crossing.status"][-1]
    said = letters_pb2.CrossingStatus.FromString(letter.payload)
    said.status.revision += 1
    said.status.result_file.sha256 = mirror.materials[0].scans[0].sha256
    forged = type(letter).FromString(letter.SerializeToString())
    forged.id, forged.payload = "forged", said.SerializeToString()
    world.post.bring(world.here, forged)
    followed = world.mirror(mirror.id).status
    assert followed is not None
    assert (followed.revision, followed.result_file) == (said.status.revision, None)


@pytest.mark.parametrize("sealing", list(Sealing), ids=str)
def test_scans_go_and_results_come_back_sealed_as_was_agreed_on(world: World, sealing: Sealing) -> None:
    crossing = world.send(world.scan(world.open(world.agree(sealing=sealing))))
    world.post.settle()
    (posted,) = (each for each in letters(world.here) if each.letter.type == "crossing.submitted")
    assert posted.sealing == SEALINGS[sealing]
    world.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    say_issued(world, crossing.id)
    upload(world, crossing.id)
    assert letters(world.there)[-1].sealing == SEALINGS[sealing]


def letters(town: Town) -> list[events_pb2.LetterPosted]:
    type = event_type("federation", "LetterPosted")
    return [events_pb2.LetterPosted.FromString(each.data) for each in town.told if each.type == type]
