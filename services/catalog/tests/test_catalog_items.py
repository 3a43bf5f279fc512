from dataclasses import replace

import pytest

from kit.actor import PUBLIC
from kit.call import Call, Idempotency
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import MONDAY
from services.catalog import queries
from services.catalog.domain.codes import CodingScheme
from services.catalog.domain.items import Guide, Item, ItemState
from services.catalog.handlers import draft_item, publish_item, retire_item, return_item, set_policy, submit_item
from services.catalog.tests.conftest import ADMIN, CITY, COUNTY, MANAGER, World, actor, guide, names

CHIEF = actor("chief", centers=(COUNTY,), department="market")


def draft(world: World, one: Guide | None = None, item_id: str = "", **more: object) -> Item:
    who = more.pop("who", MANAGER)
    return draft_item(
        catalog=world.catalog,
        call=world.call(who),  # type: ignore[arg-type]
        item_id=item_id,
        center_id=COUNTY,
        guide=one or guide(),
        **more,  # type: ignore[arg-type]
    )


def submit(world: World, item: Item, number: int = 1) -> Item:
    return submit_item(catalog=world.catalog, call=world.call(), item_id=item.id, number=number)


def publish(world: World, item: Item, number: int = 1) -> Item:
    return publish_item(catalog=world.catalog, call=world.call(), item_id=item.id, number=number)


def published(world: World, one: Guide | None = None) -> Item:
    item = draft(world, one)
    submit(world, item)
    return publish(world, item)


def shown(world: World, item: Item, number: int = 0, who: object = MANAGER) -> queries.Shown:
    return queries.get_item(catalog=world.catalog, call=world.call(who), item_id=item.id, number=number)  # type: ignore[arg-type]


def test_an_item_goes_from_draft_over_review_to_the_public(federation: World) -> None:
    item = draft(federation)
    with pytest.raises(Conflict, match="item_not_published"):
        shown(federation, item, who=PUBLIC)
    submit(federation, item)
    publish(federation, item)
    told = federation.settle()
    assert names(told) == ["item_drafted", "item_submitted", "item_published"]
    assert {event.subject for event in told} == {item.id}
    assert shown(federation, item, who=PUBLIC).content.guide == guide()
    offered = federation.reference.published_item(COUNTY, item.id)
    assert (offered.name, offered.item_version, offered.version) == ("食品经营许可", 1, 3)
    assert offered.extension_limit is not None
    assert offered.materials[1].main is False


def test_a_new_version_replaces_the_former_and_running_cases_keep_theirs(federation: World) -> None:
    item = published(federation)
    draft(federation, guide(name="食品经营许可（新）"), item.id)
    assert shown(federation, item, who=PUBLIC).content.number == 1
    submit(federation, item, 2)
    publish(federation, item, 2)
    federation.settle()
    assert shown(federation, item, who=PUBLIC).content.guide.name == "食品经营许可（新）"
    assert federation.reference.published_item(COUNTY, item.id).item_version == 2
    assert federation.reference.item(item.id, 1).name == "食品经营许可"


def test_every_published_version_can_still_be_read(federation: World) -> None:
    item = published(federation, guide(name="第1版"))
    for number in range(2, 6):
        draft(federation, guide(name=f"第{number}版"), item.id)
        submit(federation, item, number)
        publish(federation, item, number)
    federation.settle()
    for number in range(1, 6):
        content = shown(federation, item, number).content
        assert (content.number, content.guide.name) == (number, f"第{number}版")
        assert content.state is (ItemState.PUBLISHED if number == 5 else ItemState.RETIRED)
    with pytest.raises(NotFound, match="item_version_unknown"):
        shown(federation, item, 6)


def test_a_retired_item_is_off_offer_and_can_come_back_as_a_new_version(federation: World) -> None:
    item = published(federation)
    retired = retire_item(
        catalog=federation.catalog, call=federation.call(), item_id=item.id, number=1, reason="政策调整"
    )
    assert retired.former is not None
    assert retired.former.review_note == "政策调整"
    federation.settle()
    with pytest.raises(Conflict, match="item_not_published"):
        federation.reference.published_item(COUNTY, item.id)
    again = draft(federation, guide(name="恢复办理"), item.id)
    assert again.latest.number == 2


def test_a_returned_draft_tells_why_and_can_be_mended(federation: World) -> None:
    item = draft(federation)
    submit(federation, item)
    with pytest.raises(Conflict, match="item_in_review"):
        draft(federation, guide(name="偷改"), item.id)
    back = return_item(
        catalog=federation.catalog, call=federation.call(), item_id=item.id, number=1, reason="  缺少依据 "
    )
    assert (back.latest.state, back.latest.review_note) == (ItemState.DRAFT, "缺少依据")
    assert draft(federation, guide(name="补好了"), item.id).latest.number == 1


def test_an_incomplete_draft_is_not_handed_in(federation: World) -> None:
    item = draft(federation, Guide("只有名称", coding_scheme=CodingScheme.FREE))
    with pytest.raises(Invalid) as refused:
        submit(federation, item)
    assert refused.value.code == "item_code_missing"
    assert "steps_missing" in refused.value.details["problems"]
    assert shown(federation, item, 1).content.state is ItemState.DRAFT


def test_what_changed_since_the_review_is_seen_at_publication(federation: World) -> None:
    item = draft(federation)
    submit(federation, item)
    set_policy(
        catalog=federation.catalog,
        call=federation.call(),
        center_id=COUNTY,
        key="item_type_dict",
        value="ankang2017",
    )
    with pytest.raises(Invalid, match="item_type_unknown"):
        publish(federation, item)


def test_a_weak_promise_is_published_with_a_warning(federation: World) -> None:
    limit = replace(guide().statutory_limit, amount=18)  # type: ignore[type-var]
    item = published(federation, guide(promised_limit=limit))
    assert item.published is not None
    assert item.published.warnings == ("承诺时限较法定时限压缩 10%，未达到压缩 30% 的要求",)


def test_two_items_of_a_center_cannot_share_a_code(federation: World) -> None:
    draft(federation)
    with pytest.raises(Conflict, match="item_code_taken"):
        draft(federation, guide(name="另一事项"))
    other = draft(federation, guide(implementation_code="SP-002"))
    with pytest.raises(Conflict, match="item_code_taken"):
        draft(federation, guide(implementation_code="SP-001"), other.id)


def test_items_without_a_code_do_not_stand_in_each_others_way(federation: World) -> None:
    bare = Guide("草稿", coding_scheme=CodingScheme.FREE)
    assert draft(federation, bare).id != draft(federation, bare).id


def test_a_replayed_key_gives_the_same_item_and_no_other_request(federation: World) -> None:
    def start(fingerprint: str) -> Item:
        call = Call(MANAGER, MONDAY, Idempotency("key-1", fingerprint))
        return draft_item(catalog=federation.catalog, call=call, item_id="", center_id=COUNTY, guide=guide())

    assert start("a") == start("a")
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        start("b")


def test_a_stale_version_is_refused(federation: World) -> None:
    item = draft(federation)
    draft(federation, guide(name="别人改过"), item.id)
    with pytest.raises(Stale):
        draft(federation, guide(name="我的修改"), item.id, expected_version=item.version)
    with pytest.raises(Stale):
        submit_item(
            catalog=federation.catalog, call=federation.call(), item_id=item.id, number=1, expected_version=item.version
        )


def test_illegal_commands_are_refused_with_the_state(federation: World) -> None:
    item = draft(federation)
    with pytest.raises(Conflict, match="item_not_in_review"):
        publish(federation, item)
    with pytest.raises(NotFound, match="item_version_unknown"):
        publish(federation, item, 7)
    submit(federation, item)
    with pytest.raises(Conflict, match="item_not_draft"):
        submit(federation, item)
    publish(federation, item)
    with pytest.raises(Conflict, match="item_not_in_review"):
        publish(federation, item)
    with pytest.raises(NotFound, match="item_unknown"):
        submit_item(catalog=federation.catalog, call=federation.call(), item_id="no-such", number=1)


def test_a_chief_works_on_the_own_departments_items_only(federation: World) -> None:
    item = draft(federation, who=CHIEF)
    with pytest.raises(Forbidden, match="department_not_allowed"):
        draft(federation, guide(department_key="labour", implementation_code="L-1"), who=CHIEF)
    with pytest.raises(Forbidden, match="department_not_allowed"):
        draft(federation, guide(department_key="labour"), item.id, who=CHIEF)
    foreign = draft(federation, guide(department_key="labour", implementation_code="L-1"))
    with pytest.raises(Forbidden, match="department_not_allowed"):
        submit_item(catalog=federation.catalog, call=federation.call(CHIEF), item_id=foreign.id, number=1)
    submit_item(catalog=federation.catalog, call=federation.call(CHIEF), item_id=item.id, number=1)
    with pytest.raises(Forbidden, match="role_not_allowed"):
        publish_item(catalog=federation.catalog, call=federation.call(CHIEF), item_id=item.id, number=1)


def test_nobody_crosses_a_centers_border(federation: World) -> None:
    item = draft(federation)
    stranger = actor("manager", "admin", "chief", centers=(CITY,))
    for attempt in (
        lambda: draft(federation, who=stranger),
        lambda: draft(federation, item_id=item.id, who=stranger),
        lambda: submit_item(catalog=federation.catalog, call=federation.call(stranger), item_id=item.id, number=1),
        lambda: shown(federation, item, 1, stranger),
    ):
        with pytest.raises(Forbidden, match="center_not_allowed"):
            attempt()
    with pytest.raises(Forbidden, match="role_not_allowed"):
        shown(federation, item, 1, PUBLIC)


def test_texts_are_cleaned_and_kept_as_they_are_otherwise(federation: World) -> None:
    evil = "'; DROP TABLE doc_item; -- {$gt: ''} <script>"
    item = draft(federation, guide(name=f"  {evil} ", source_note=evil))
    content = shown(federation, item, 1, ADMIN).content
    assert content.guide.name == evil
    with pytest.raises(Invalid, match="text_too_long"):
        draft(federation, guide(name="长" * 201))
    with pytest.raises(Invalid, match="text_invalid"):
        draft(federation, guide(keywords=("响\x07铃",)))
    with pytest.raises(Invalid, match="too_many_words"):
        draft(federation, guide(keywords=tuple(str(n) for n in range(101))))
