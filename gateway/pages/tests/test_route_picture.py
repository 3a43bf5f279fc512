"""The picture of a route: rows from top to bottom, ways between them, and the same in words."""

from gateway.pages.route_picture import behind, picture
from tongban.approval_routing.v1 import messages_pb2 as routing
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import routes_pb2

NAMES = {"health": "卫生健康局", "fire": "消防救援大队"}
EXAMINE = catalog.Step(key="a", name="审查", role="reviewer", days=2)
SITE = catalog.Step(
    key="b", name="现场核查", role="reviewer", kind=routes_pb2.STEP_KIND_SITE_VISIT, after=["a"], signers=1
)
FIRE = catalog.Step(
    key="c",
    name="消防意见",
    role="reviewer",
    department_key="fire",
    after=["a"],
    when=[routes_pb2.StepCondition(field="场所", values=["餐馆", "旅馆"])],
)
DECIDE = catalog.Step(key="d", name="决定", role="approver", after=["b", "c"])
ROUTE = [EXAMINE, SITE, FIRE, DECIDE]


def test_what_runs_side_by_side_stands_in_one_row() -> None:
    drawn = picture(ROUTE, NAMES, "health")
    assert [box.name for box in drawn.boxes] == ["受理", "审查", "现场核查", "消防意见", "决定", "结果送达"]
    begin, examine, site, fire, decide, end = drawn.boxes
    assert begin.y < examine.y < site.y == fire.y < decide.y < end.y
    assert len(drawn.lines) == 6
    assert all(box.x >= 0 and box.x + drawn.box_width <= drawn.width for box in drawn.boxes)
    assert all(box.y + drawn.box_height <= drawn.height for box in drawn.boxes)


def test_the_list_says_what_the_picture_shows() -> None:
    told = {step.name: step.details for step in picture(ROUTE, NAMES, "health").steps}
    assert told["审查"] == ("卫生健康局", "审查人员", "在受理之后", "2 个工作日")
    assert "现场核查" in told["现场核查"]
    assert "另有 1 人签署" in told["现场核查"]
    assert "仅当“场所”为餐馆、旅馆" in told["消防意见"]
    assert "在现场核查、消防意见之后" in told["决定"]


def test_a_case_has_its_place_in_the_picture() -> None:
    states = [routing.STEP_STATE_PASSED, routing.STEP_STATE_CLAIMED, routing.STEP_STATE_SKIPPED]
    steps = [
        routing.CaseStep(key=one.key, name=one.name, role=one.role, after=one.after, state=state)
        for one, state in zip(ROUTE, [*states, routing.STEP_STATE_WAITING], strict=True)
    ]
    drawn = picture(steps, NAMES, "health")
    assert [box.mark for box in drawn.boxes] == ["done", "done", "now", "left", "", ""]
    assert [line.taken for line in drawn.lines] == [True, True, False, False, False, False]
    assert "现场核查（办理中）" in drawn.words


def test_a_long_name_is_cut_in_its_box_and_whole_in_its_title() -> None:
    long = catalog.Step(key="a", name="公共场所卫生条件现场核查与评价", role="reviewer")
    box = picture([long], NAMES, "health").boxes[1]
    assert (box.name, box.full) == ("公共场所卫生条件现…", "公共场所卫生条件现场核查与评价，卫生健康局")


def test_a_draft_that_loops_is_drawn_all_the_same() -> None:
    loop = [catalog.Step(key="a", name="甲", after=["b"]), catalog.Step(key="b", name="乙", after=["a"])]
    assert len(picture(loop, {}, "").boxes) == 4
    assert behind(loop, "a") == {"a", "b"}


def test_an_item_without_steps_has_a_picture_of_two_boxes() -> None:
    assert [box.name for box in picture([], {}, "").boxes] == ["受理", "结果送达"]
