"""Synthetic people: enough of them, repeatable, and impossible to take for real ones."""

import re
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent

from cli.sample.load import Federation
from cli.sample.people import (
    SAMPLE_PASSWORD,
    UNASSIGNED_PHONE_PREFIX,
    UNUSED_REGION,
    Citizen,
    Employment,
    Role,
    citizens,
    enterprises,
    staff_of,
)
from cli.sample.terms import CenterLevel

TODAY = date(2026, 11, 23)


def test_every_center_has_people_in_every_role(federation: Federation) -> None:
    staff = staff_of(federation)
    for center in federation.centers:
        assert {role for person in staff if person.center == center.code for role in person.roles} == set(Role)


def test_every_department_has_a_chief_a_reviewer_and_somebody_else_who_decides(federation: Federation) -> None:
    staff = staff_of(federation)
    for center in federation.centers:
        for department in center.departments:
            own = [p for p in staff if (p.center, p.department) == (center.code, department.key)]
            assert {role for person in own for role in person.roles} == {Role.CHIEF, Role.REVIEWER, Role.APPROVER}
            assert not any({Role.REVIEWER, Role.APPROVER} <= set(person.roles) for person in own)


def test_every_window_has_one_clerk_and_there_is_a_spare_for_every_five(federation: Federation) -> None:
    for center in federation.centers:
        clerks = [p for p in staff_of(federation) if p.center == center.code and Role.CLERK in p.roles]
        assert Counter(p.window for p in clerks if p.window) == Counter(w.number for w in center.windows)
        assert len(clerks) * 10 >= len(center.windows) * 12
        assert (len(clerks) - 1) * 10 < len(center.windows) * 12


def test_usernames_names_and_badges_are_unique_and_the_usernames_can_be_guessed(federation: Federation) -> None:
    staff = staff_of(federation)
    for values in ([p.username for p in staff], [p.name for p in staff], [p.badge_number for p in staff]):
        assert len(set(values)) == len(values)
    assert {"hb-clerk-01", "hb-approver-02", "ak-manager-01", "hk-chief-01"} <= {p.username for p in staff}


def test_the_numbers_of_a_department_agree_across_its_roles(federation: Federation) -> None:
    by_name = {p.username: p for p in staff_of(federation)}
    departments = [department.key for department in federation.center("610902").departments]
    for number, department in enumerate(departments, start=1):
        for role in ("chief", "reviewer", "approver"):
            assert by_name[f"hb-{role}-{number:02d}"].department == department


def test_nobody_on_contract_may_decide(federation: Federation) -> None:
    contracted = [p for p in staff_of(federation) if p.employment is Employment.CONTRACTED]
    assert contracted
    assert {role for person in contracted for role in person.roles} == {Role.CLERK}


def test_only_the_township_lets_a_chief_review(federation: Federation) -> None:
    level = {center.code: center.level for center in federation.centers}
    both = [p for p in staff_of(federation) if {Role.CHIEF, Role.REVIEWER} <= set(p.roles)]
    assert {level[p.center] for p in both} == {CenterLevel.TOWNSHIP}


def test_all_names_can_be_told_from_real_ones(federation: Federation) -> None:
    assert {p.name[0] for p in staff_of(federation)} == {"样"}
    assert {p.name[0] for p in citizens(50, seed=1, today=TODAY)} == {"例"}
    assert all(p.synthetic for p in staff_of(federation))


def test_the_sample_password_has_letters_of_both_sizes_a_digit_and_a_sign() -> None:
    assert len(SAMPLE_PASSWORD) >= 10
    assert all(re.search(part, SAMPLE_PASSWORD) for part in ("[a-z]", "[A-Z]", r"\d", r"[^a-zA-Z0-9]"))


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    assert citizens(40, seed=7, today=TODAY) == citizens(40, seed=7, today=TODAY)
    assert citizens(40, seed=7, today=TODAY) != citizens(40, seed=8, today=TODAY)


def test_sixteen_citizens_are_enough_for_two_seniors_and_a_disabled_person() -> None:
    people = citizens(16, seed=3, today=TODAY)
    assert sum(p.age_on(TODAY) >= 70 for p in people) == 2
    assert sum(p.disabled for p in people) == 1


@given(seed=st.integers(), today=st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_citizens_are_adults_with_right_check_digits_and_numbers_of_their_own(seed: int, today: date) -> None:
    people = citizens(24, seed=seed, today=today)
    for person in people:
        assert 18 <= person.age_on(today) <= 92
        assert person.synthetic
        assert len(person.id_number) == 18
        assert person.id_number[-1] == ric.calc_check_digit(person.id_number)
        assert ric.get_birth_date(person.id_number) == person.birth_date
        assert re.fullmatch(r"1[3-9]\d{9}", person.phone)
        assert person.phone.startswith(UNASSIGNED_PHONE_PREFIX)
    assert len({p.id_number for p in people}) == len({p.phone for p in people}) == 24


def test_no_citizen_has_an_id_of_a_region_that_is_or_was_in_use() -> None:
    for person in citizens(200, seed=11, today=TODAY):
        assert person.id_number.startswith(UNUSED_REGION)
        with pytest.raises(InvalidComponent):
            ric.get_birth_place(person.id_number)


def test_a_region_in_use_would_be_noticed() -> None:
    assert ric.get_birth_place("610902" + "20000101001X")["province"] == "陕西省"


def test_somebody_born_on_the_last_of_february_is_a_year_older_in_march() -> None:
    person = Citizen("例云帆", "", "", date(2000, 2, 29), disabled=False)
    assert person.age_on(date(2026, 2, 28)) == 25
    assert person.age_on(date(2026, 3, 1)) == 26


def test_enterprises_have_credit_codes_that_check_and_belong_to_nobody() -> None:
    owners = citizens(120, seed=2, today=TODAY)
    made = enterprises(owners)
    assert [one.representative for one in made] == list(owners)
    assert len({one.credit_code for one in made}) == 120
    for one in made:
        assert uscc.validate(one.credit_code) == one.credit_code
        assert one.credit_code[2:8] == UNUSED_REGION
