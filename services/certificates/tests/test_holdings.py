"""What comes on file, at which level, in whatever order it is told, and how it goes."""

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from kit.actor import Actor
from kit.errors import Conflict, Forbidden, Invalid, Stale
from kit.testing import actor, refused
from services.certificates import queries
from services.certificates.domain.holding import HoldingState
from services.certificates.domain.trust import Trust
from services.certificates.handlers.using import revoke_holding, withdraw_holding
from services.certificates.tests.certificate_shelves import (
    CITIZEN,
    CLERK,
    ID_CARD,
    LICENCE,
    MANAGER,
    STRANGER,
    Shelves,
    accepted_application,
    build_shelves,
    ended_case,
    issued_case,
    material,
)
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import licences_pb2 as licences
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as applications

TODAY = date(2026, 11, 23)
HOSTILE = '<script>alert(1)</script>\' OR 1=1 -- {"$ne": 1} ${7*7} 测试'


def withdraw(shelves: Shelves, holding_id: str, who: Actor = CITIZEN, version: int = 0) -> HoldingState:
    holding = withdraw_holding(
        library=shelves.library, call=shelves.by(who), holding_id=holding_id, expected_version=version
    )
    return holding.state(TODAY)


def revoke(shelves: Shelves, holding_id: str, who: Actor = MANAGER, reason: str = "查实系伪造") -> HoldingState:
    holding = revoke_holding(
        library=shelves.library, call=shelves.by(who), holding_id=holding_id, reason=reason, expected_version=0
    )
    return holding.state(TODAY)


def test_a_paper_whose_original_a_window_saw_is_level_b_and_an_upload_is_level_c(shelves: Shelves) -> None:
    shelves.accepted(material(), material("licence", "营业执照", seen=False))
    assert shelves.levels() == {"身份证": Trust.B, "营业执照": Trust.C}
    card, licence = sorted(shelves.holdings(), key=lambda each: each.material_key)
    assert card.content is not None
    assert licence.content is not None
    assert (card.content.verified_by, card.content.valid_until) == ("李窗口", date(2027, 11, 23))
    assert (licence.content.verified_by, licence.content.valid_until) == ("", date(2027, 5, 22))
    assert shelves.told() == ["holding_kept", "holding_kept"]


def test_only_what_its_item_lets_come_from_the_file_is_kept(shelves: Shelves) -> None:
    shelves.accepted(
        material("form", "申请书"),
        material("id-card", state=applications.MATERIAL_STATE_INCOMPLETE),
        material("licence", "营业执照", uploads=[]),
    )
    assert shelves.holdings() == []


def test_what_the_law_took_as_accepted_nobody_has_looked_at(shelves: Shelves) -> None:
    shelves.accepted(material(), deemed=True)
    assert shelves.levels() == {"身份证": Trust.C}


def test_a_signed_letter_of_commitment_is_a_declaration(shelves: Shelves) -> None:
    shelves.accepted(material("commitment-letter", "告知承诺书（签字件）"))
    assert shelves.levels() == {"告知承诺书（签字件）": Trust.D}


def test_an_application_that_does_not_say_whose_it_is_leaves_nothing(shelves: Shelves) -> None:
    shelves.accepted(material(), applicant_key="")
    assert shelves.library.holdings.find_by_id("case-1") is None


def test_a_result_is_on_file_once_it_is_known_whose_and_what(shelves: Shelves) -> None:
    shelves.accepted()
    assert shelves.holdings() == []
    shelves.issued(until=date(2031, 11, 22))
    (holding,) = shelves.holdings()
    content = holding.content
    assert content is not None
    assert (content.trust, content.number, content.issuer) == (Trust.A, "JY-case-1", "市场监管局")
    assert holding.state(date(2031, 11, 22)) is HoldingState.VALID
    assert holding.state(date(2031, 11, 23)) is HoldingState.EXPIRED


def test_a_denial_gives_nothing(shelves: Shelves) -> None:
    shelves.accepted()
    shelves.issued(decision=cases.Decision(outcome=cases.OUTCOME_DENIED))
    assert shelves.holdings() == []


def test_no_order_of_what_is_told_leads_to_another_file(tmp_path: Path) -> None:
    """Acceptance, issue, revocation, continuation and the renewal's issue, in every order."""
    renewing = issued_case("case-2")
    renewing.renewal.licence_id = "case-1"
    licence = licences.Licence(id="case-1", center_id=renewing.center_id)
    facts = [
        ("intake", intake.ApplicationAccepted(application=accepted_application(material()))),
        ("approval_routing", approval.ResultIssued(case=issued_case(until=date(2027, 1, 1)))),
        ("approval_routing", approval.ResultEnded(case=ended_case())),
        ("approval_routing", approval.LicenceContinued(licence=licence)),
        ("approval_routing", approval.ResultIssued(case=renewing)),
    ]
    found = set()
    shelves = build_shelves(tmp_path)
    for order in permutations(facts):
        for service, message in order:
            shelves.deliver(shelves.event(service, message))
        found.add(repr([(each.id, each.content, each.ended, each.continued) for each in shelves.holdings()]))
        for each in ("case-1", "case-2", *(one.id for one in shelves.holdings())):
            kept = shelves.library.holdings.find_by_id(each)
            if kept is not None:
                shelves.store.remove("holding", [(kept.id, kept.version)])
    assert len(found) == 1


def test_a_revoked_result_is_no_longer_used_and_its_users_are_named(shelves: Shelves) -> None:
    shelves.accepted()
    shelves.issued()
    shelves.use("case-1", LICENCE)
    shelves.hear("approval_routing", approval.ResultEnded(case=ended_case()))
    (holding,) = shelves.holdings()
    assert holding.state(TODAY) is HoldingState.REVOKED
    assert [use.application_id for use in holding.uses] == ["case-9"]
    assert shelves.told() == ["holding_kept", "holding_used", "holding_ended"]
    with refused(shelves.store, "holding_revoked"):
        shelves.use("case-1", LICENCE, application="case-10")


def test_a_renewed_result_is_replaced_by_the_new_one(shelves: Shelves) -> None:
    shelves.accepted()
    shelves.issued()
    renewing = issued_case("case-2")
    renewing.renewal.licence_id = "case-1"
    shelves.accepted(id="case-2")
    shelves.hear("approval_routing", approval.ResultIssued(case=renewing))
    assert {each.id: each.state(TODAY) for each in shelves.holdings()} == {
        "case-1": HoldingState.REPLACED,
        "case-2": HoldingState.VALID,
    }


def test_a_result_whose_renewal_is_overdue_stands_beyond_its_end(shelves: Shelves) -> None:
    shelves.accepted()
    shelves.issued(until=date(2026, 12, 1))
    licence = licences.Licence(id="case-1", center_id="610902")
    shelves.hear("approval_routing", approval.LicenceContinued(licence=licence))
    assert shelves.holdings()[0].state(date(2027, 1, 1)) is HoldingState.VALID


def test_a_holder_takes_a_paper_off_the_file_with_its_files(shelves: Shelves) -> None:
    shelves.accepted(material())
    (holding,) = shelves.holdings()
    assert withdraw(shelves, holding.id) is HoldingState.WITHDRAWN
    (left,) = shelves.holdings()
    assert left.content is not None
    assert left.content.files == ()
    with refused(shelves.store, "holding_over"):
        withdraw(shelves, holding.id)
    with refused(shelves.store, "holding_withdrawn"):
        shelves.use(holding.id)


def test_what_is_told_later_does_not_bring_a_withdrawn_paper_back(shelves: Shelves) -> None:
    shelves.accepted(material())
    (holding,) = shelves.holdings()
    withdraw(shelves, holding.id)
    later = accepted_application(material(), version=5)
    shelves.hear("intake", intake.OwedMaterialHandedIn(application=later))
    (left,) = shelves.holdings()
    assert left.content is not None
    assert (left.state(TODAY), left.content.files) == (HoldingState.WITHDRAWN, ())


def test_nobody_takes_off_the_file_what_is_not_theirs_or_was_issued_here(shelves: Shelves) -> None:
    shelves.accepted(material())
    shelves.issued()
    paper = next(each for each in shelves.holdings() if each.material_key)
    stranger = Actor(f"citizen:{STRANGER}", "李**", frozenset({"citizen"}))
    for who, code in ((stranger, "holding_not_found"), (CLERK, "role_not_allowed")):
        with refused(shelves.store, code):
            withdraw(shelves, paper.id, who)
    with refused(shelves.store, "holding_issued_here"):
        withdraw(shelves, "case-1")
    with refused(shelves.store, "holding_issued_here"):
        revoke(shelves, "case-1")
    with pytest.raises(Stale):
        withdraw(shelves, paper.id, version=paper.version + 1)


def test_a_false_paper_is_revoked_by_its_center_with_a_reason(shelves: Shelves) -> None:
    shelves.accepted(material())
    (holding,) = shelves.holdings()
    with pytest.raises(Forbidden):
        revoke(shelves, holding.id, actor("manager", center="610900"))
    with pytest.raises(Invalid):
        revoke(shelves, holding.id, reason=" ")
    assert revoke(shelves, holding.id, reason=HOSTILE) is HoldingState.REVOKED
    (left,) = shelves.holdings()
    assert left.ended is not None
    assert left.ended.reason == HOSTILE
    with refused(shelves.store, "holding_over"):
        withdraw(shelves, holding.id)
    with pytest.raises(Conflict, match="holding_revoked"):
        shelves.use(holding.id, ID_CARD)


def test_papers_go_from_the_file_after_their_time_and_results_stay(shelves: Shelves) -> None:
    shelves.set_policy(verified_paper_days=10, holding_retention_days=5)
    shelves.accepted(material())
    shelves.issued()
    shelves.pass_days(15)
    shelves.sweep()
    assert len(shelves.holdings()) == 2
    shelves.pass_days(2)
    shelves.sweep()
    assert [each.id for each in shelves.holdings()] == ["case-1"]


def test_a_citizen_reads_what_is_on_file_of_them_and_who_looked(shelves: Shelves) -> None:
    shelves.accepted(material())
    shelves.find()
    assert queries.list_my_holdings(library=shelves.library, call=shelves.by(CITIZEN), limit=0, cursor="").items
    looks = queries.list_holding_looks(library=shelves.library, call=shelves.by(CITIZEN), limit=0, cursor="").items
    assert [(look.by_name, look.purpose, look.shown) for look in looks] == [
        ("测试人员", "办理申请 61090220261123009", ("身份证",))
    ]
    stranger = Actor(f"citizen:{STRANGER}", "李**", frozenset({"citizen"}))
    assert not queries.list_my_holdings(library=shelves.library, call=shelves.by(stranger), limit=0, cursor="").items
    for who in (CLERK, MANAGER):
        with pytest.raises(Forbidden):
            queries.list_my_holdings(library=shelves.library, call=shelves.by(who), limit=0, cursor="")
