"""Text that looks like SQL, an operator, a template or markup is stored and shown as text, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.integration.checks import nothing_changes, state_of
from tests.integration.hostile import HOSTILE, hostile_fields, tour
from tests.integration.operations import operations
from tests.integration.people import Json, Town
from tests.integration.site import LiveSite

#: What is done with another site.
BETWEEN_SITES = (
    "answer_agreement",
    "answer_crossing_offer",
    "answer_part",
    "answer_part_offer",
    "answer_urging",
    "ask_part_materials",
    "ask_urging",
    "command_part",
    "conclude_feedback",
    "end_agreement",
    "forward_feedback",
    "hand_over_crossing_result",
    "issue_standard",
    "merge_joint",
    "offer_crossing",
    "open_crossing",
    "open_joint",
    "open_sent_up",
    "propose_agreement",
    "propose_edition",
    "review_urging",
    "send_up",
    "show_crossing_applicant",
    "show_feedback_contact",
    "show_part_applicant",
    "track_crossing",
    "withdraw_crossing",
    "withdraw_joint",
    "reconcile_link",
    "refuse_letter",
    "resend_letter",
)
#: Fields of free text that the tour below leaves out, with the reason.
NOT_ON_TOUR = {
    ("draft_item", "steps.[].elsewhere.places.[].title"): "goes to another site: test_joined_sites.py sends it",
    ("draft_item", "steps.[].elsewhere.places.[].center_id"): "names something at another site, which alone knows it",
    (
        "draft_item",
        "steps.[].elsewhere.places.[].department_key",
    ): "names something at another site, which alone knows it",
    **dict.fromkeys(
        [
            ("receive_application", "applicant.id_number"),
            ("receive_application", "applicant.phone"),
            ("file_complaint", "phone"),
            ("draft_item", "form_schema"),
        ],
        "checked against a form of its own; refused below",
    ),
    **dict.fromkeys(
        [("end_result", "reason"), ("end_result", "basis")],
        "ends what the tour goes on with: approval's own tests end and verify",
    ),
    **dict.fromkeys(
        [("reprint_paper", "reason"), ("reprint_case_paper", "reason"), ("reprint_case_paper", "paper_id")],
        "the answer is a marked paper: the papers' own tests print and read the log",
    ),
    **dict.fromkeys(
        [("confirm_payment", "notice"), ("confirm_payment", "signature")],
        "a provider's signed words: test_fees.py has a forged one refused",
    ),
    **dict.fromkeys(
        [
            ("accept_on_promise", "signed_by"),
            ("hand_in_owed", "materials.[].problem"),
            ("repair_promise", "reason"),
        ],
        "needs an item whose materials may come later: intake's own tests sign, bring and repair",
    ),
    **dict.fromkeys(
        [
            ("file_denial_report", "asked_for"),
            ("file_denial_report", "reason"),
            ("file_denial_report", "basis"),
            ("answer_denial_report", "said"),
            ("answer_denial_report", "basis"),
        ],
        "goes through people of several levels: intake's own tests file and answer it",
    ),
    **dict.fromkeys(
        [
            ("receive_paper_list", "lines.[].note"),
            ("settle_paper_list", "said"),
            ("withdraw_paper_list", "reason"),
            ("leave_papers", "place"),
            ("leave_papers", "reason"),
            ("fetch_left_papers", "fetched_by"),
            ("deliver_result", "taker.authority"),
        ],
        "needs papers on a list, at a place, or somebody at the window: their own tests write and read them",
    ),
    **dict.fromkeys(
        [
            (operation, f"applicant.{field}")
            for operation in ("save_draft", "begin_draft")
            for field in ("name", "id_type", "id_number", "phone", "address", "agent_name")
        ],
        "its holder's alone: intake's own tests keep such text as it was typed",
    ),
    **dict.fromkeys(
        [(operation, "form_json") for operation in ("save_draft", "begin_draft")],
        "its holder's alone: intake's own tests keep such text as it was typed",
    ),
    ("file_denial_report", "item_id"): "names something that has to be there",
    ("file_denial_report", "application_id"): "names something that has to be there",
    **dict.fromkeys(
        [
            ("sign_commitment", "signed_by"),
            ("verify_commitment", "said"),
            ("appeal_breach", "text"),
            ("rule_on_breach", "ruling"),
            ("repair_breach", "reason"),
        ],
        "needs an item that may be done by commitment: intake's own tests sign, verify, appeal and repair",
    ),
    **dict.fromkeys(
        [
            ("receive_application", "ticket_id"),
            ("file_complaint", "ticket_id"),
            ("file_complaint", "case_id"),
            ("file_complaint", "journey"),
            ("assign_complaint", "staff_id"),
            ("ask_colleague", "step_key"),
            ("assign_rectification", "owner_department"),
            ("assign_rectification", "owner_staff_id"),
            ("transfer_ticket", "to_lane"),
            ("transfer_ticket", "to_window_id"),
            ("draft_item", "lane"),
            ("draft_item", "audience.[]"),
            ("draft_item", "basic_code"),
            ("draft_item", "implementation_code"),
            ("draft_item", "type_code"),
            ("draft_item", "steps.[].department_key"),
            ("draft_item", "special_procedures.[]"),
            ("put_center", "parent_id"),
            ("put_center", "departments.[].credit_code"),
            ("put_center", "windows.[].number"),
            ("add_staff", "staff.department_key"),
            ("add_staff", "staff.posts.[]"),
            ("add_staff", "staff.username"),
        ],
        "names something that has to be there; refused below",
    ),
    **dict.fromkeys(
        [
            ("sign_in", "username"),
            ("sign_in", "password"),
            ("change_password", "old_password"),
            ("change_password", "new_password"),
            ("add_staff", "password"),
            ("citizen_code", "name"),
            ("citizen_sign_in", "name"),
        ],
        "compared, never shown; refused below or shown masked",
    ),
    **dict.fromkeys(
        [(each, "") for each in BETWEEN_SITES],
        "needs another site: test_joined_sites.py sends such text from one to the other",
    ),
    **dict.fromkeys(
        [
            ("appeal_card", ""),
            ("rule_on_appeal", ""),
            ("issue_order", ""),
            ("issue_order_about_a_card", ""),
            ("answer_order", ""),
            ("review_order", ""),
        ],
        "needs what is late: test_visits_that_turn.py sends such text about it",
    ),
    **dict.fromkeys(
        [("decide_measure", ""), ("answer_measure", ""), ("conclude_measure", "")],
        "needs points: services/supervision/tests/test_accountability.py sends such text about them",
    ),
    ("set_supervision_rules", ""): "a whole edition: services/supervision/tests/test_rules.py sends such text",
    (
        "answer_question",
        "answer",
    ): "needs two people: services/approval_routing/tests/test_talk.py; the same code as ask_colleague",
    **dict.fromkeys(
        [
            ("find_case_files", ""),
            ("show_case_file", ""),
            ("file_case", ""),
            ("propose_archive_hand_over", ""),
            ("return_archive_hand_over", ""),
            ("hold_case_file", ""),
            ("lift_hold", ""),
            ("propose_destruction", ""),
            ("decide_destruction", ""),
        ],
        "needs a case file: services/archive/tests/test_hostile_words.py sends such text",
    ),
    ("revoke_holding", "reason"): "needs a paper on file: services/certificates/tests/test_holdings.py sends such text",
    ("act_on_steps", "words"): "the same code as pass_step and return_step",
    **dict.fromkeys(
        [
            ("step_aside", ""),
            ("impose_recusal", ""),
            ("plan_hearing", ""),
            ("decide_recusal", ""),
            ("sign_step", ""),
            ("record_step", ""),
            ("settle_part", ""),
        ],
        "needs an item whose route asks for it: services/approval_routing/tests/test_step_conduct.py sends such text",
    ),
    **dict.fromkeys(
        [("edit_draft", ""), ("check_item", ""), ("change_staff", "")],
        "every field: the same code as draft_item and add_staff",
    ),
}


def test_the_api_refuses_hostile_text_wherever_it_does_not_take_any_text(
    monday: datetime, site: LiveSite, town: Town
) -> None:
    """Every operation, with it in every name of its path, every parameter and every field at once."""
    document = town.public.get("openapi.json")

    def hostile(schema: Json) -> str:
        return HOSTILE[: schema.get("maxLength", len(HOSTILE))].ljust(schema.get("minLength", 0), "'")

    askers = [town.public, town.staff("hb-clerk-13"), town.staff("hb-manager-01"), town.staff("hb-admin-01")]
    with nothing_changes(site):
        for each in operations(document):
            if each.id == "sign_out":
                continue  # takes no text, and would end the asker's session
            sent: Json = {"params": each.query(hostile, everything=True)}
            if "application/json" in each.media_types:
                sent["json"] = each.body(hostile, everything=True)
            elif "multipart/form-data" in each.media_types:
                sent["files"] = {"file": (HOSTILE, HOSTILE.encode(), "application/pdf")}
            elif each.media_types:
                sent |= {"content": HOSTILE.encode(), "headers": {"Content-Type": each.media_types[0]}}
            for asker in askers:
                answer = asker.ask(each.method, each.path(hostile), **sent)
                plain_list = each.method == "GET" and not list(each.parameters("path"))
                assert plain_list or 400 <= answer.status_code < 500, f"{each.id}: {answer.text}"
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
def said(town: Town) -> Iterator[list[tuple[str, str, Any]]]:
    """What is sent while a test runs: method, path and JSON body."""
    sent: list[tuple[str, str, Any]] = []

    def listen(request: httpx.Request) -> None:
        if request.headers.get("content-type") == "application/json":
            sent.append((request.method, request.url.path, json.loads(request.read())))

    hooks = town.public.client.event_hooks
    town.public.client.event_hooks = {"request": [listen]}
    yield sent
    town.public.client.event_hooks = hooks


def test_free_text_is_stored_and_shown_as_it_was_typed(
    monday: datetime, site: LiveSite, town: Town, said: list[tuple[str, str, Any]]
) -> None:
    before = state_of(site)
    tour(town)

    after = state_of(site)
    assert after.keys() == before.keys(), "no table came or went"
    for table in before:
        if table.partition(".")[2].startswith("doc_"):
            assert {id for id, _ in before[table]} <= {id for id, _ in after[table]}, f"{table} lost documents"
    missing = missing_on_tour(town.public.get("openapi.json"), said)
    assert not missing


def missing_on_tour(document: Json, said: list[tuple[str, str, Any]]) -> set[tuple[str, str]]:
    """Free text fields of the API in which no hostile text was sent."""
    toured: set[tuple[str, str]] = set()
    known = operations(document)
    for method, path, body in said:
        for each in known:
            pattern = each.template.strip("/").split("/")
            parts = path.strip("/").split("/")
            fits = len(pattern) == len(parts) and all(
                name.startswith("{") or name == part for name, part in zip(pattern, parts, strict=True)
            )
            if method == each.method and fits:
                toured |= {(each.id, field) for field in hostile_fields(body, "")}
    wanted = {(each.id, field) for each in known for field in each.free_texts()}
    skipped = {(id, field) for id, field in wanted if (id, field) in NOT_ON_TOUR or (id, "") in NOT_ON_TOUR}
    return wanted - toured - skipped
