"""The exchange form, whatever it holds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kit.workdays import Limit, Unit
from services.catalog.domain.checklists import Commitment, SituationCondition, SituationOption, SituationQuestion
from services.catalog.domain.codes import CodingScheme
from services.catalog.domain.items import Cooperation, Fee, Guide, ItemKind, Material
from services.catalog.domain.routes import Elsewhere, ElsewhereKind, ElsewherePlace, Step
from services.catalog.handlers.exchange import files
from services.catalog.handlers.exchange.files import COLUMNS, Row
from services.catalog.handlers.exchange.rows import cells_of, guide_of

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=10).map(str.strip).filter(bool)
CODES = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{0,20}", fullmatch=True)
LIMITS = st.none() | st.builds(Limit, st.integers(1, 3650), st.sampled_from(Unit), WORDS)
ELSEWHERE = st.none() | st.builds(
    Elsewhere,
    st.sampled_from(ElsewhereKind),
    st.lists(st.builds(ElsewherePlace, WORDS, CODES, CODES, st.integers(0, 9), WORDS), max_size=2).map(tuple),
)
GUIDES: st.SearchStrategy[Guide] = st.builds(
    Guide,
    name=WORDS,
    implementation_code=CODES,
    coding_scheme=st.just(CodingScheme.FREE),
    type_code=st.sampled_from(["", "01"]),
    kind=st.none() | st.sampled_from(ItemKind),
    cooperation=st.none() | st.sampled_from(Cooperation),
    statutory_limit=LIMITS,
    promised_limit=LIMITS,
    extension_limit=LIMITS,
    department_key=st.sampled_from(["", "market"]),
    lane=st.sampled_from(["", "business"]),
    materials=st.lists(
        st.builds(
            Material,
            CODES,
            WORDS,
            st.just("applicant"),
            st.just("copy"),
            st.booleans(),
            st.integers(0, 9),
            when=st.lists(st.builds(SituationCondition, CODES, st.lists(CODES, max_size=2).map(tuple)), max_size=2).map(
                tuple
            ),
            sample=st.sampled_from(["", "样表"]),
            obtained=st.sampled_from(["", "reuse"]),
            trust=st.sampled_from(["", "B"]),
            deferrable=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    fee_note=st.sampled_from(["", "不收费", "首次免费"]),
    steps=st.lists(
        st.builds(
            Step, CODES, WORDS, st.sampled_from(["reviewer", "chief"]), st.sampled_from(["", "market"]), ELSEWHERE
        ),
        max_size=2,
    ).map(tuple),
    questions=st.lists(
        st.builds(
            SituationQuestion, CODES, WORDS, st.lists(st.builds(SituationOption, CODES, WORDS), max_size=2).map(tuple)
        ),
        max_size=2,
    ).map(tuple),
    form_schema=st.sampled_from(["", '{"type": "object"}']),
    fees=st.lists(st.builds(Fee, WORDS, WORDS, WORDS, st.integers(0, 10**9), WORDS), max_size=2).map(tuple),
    commitment=st.none() | st.builds(Commitment, *[WORDS] * 6, st.integers(0, 9), st.integers(0, 9)),
    keywords=st.lists(WORDS.filter(lambda word: ";" not in word), max_size=3).map(tuple),
)


@given(guides=st.lists(GUIDES, min_size=1, max_size=3), format=st.sampled_from(["csv", "json"]))
def test_any_guide_survives_the_way_out_and_in(guides: list[Guide], format: str) -> None:
    read = files.read(format, files.write(format, map(cells_of, guides)))
    assert [guide_of(one) for one in read] == [(one, []) for one in guides]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(cells=st.dictionaries(st.sampled_from(COLUMNS), JSON))
def test_no_cell_whatever_it_holds_is_an_accident(cells: dict[str, Any]) -> None:
    found, problems = guide_of(Row(1, cells))
    assert (found is None) == bool(problems)
