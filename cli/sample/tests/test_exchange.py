"""The exchange form loses nothing that a center needs to know of an item."""

import csv
import io
import json

from cli.sample.exchange import BASE_COLUMNS, COLUMNS, ExchangeRow, rows_of, to_csv, to_json
from cli.sample.load import Federation


def test_every_center_puts_out_one_row_an_item(federation: Federation) -> None:
    for center in federation.centers:
        rows = rows_of(federation, center)
        assert [row.name for row in rows] == [item.name for item in federation.items_of(center)]
        assert {row.department for row in rows} <= {department.key for department in center.departments}
        assert {row.lane for row in rows} <= {lane.key for lane in center.lanes}


def test_the_first_columns_are_the_ones_that_every_file_has() -> None:
    assert len(BASE_COLUMNS) == 17
    assert (BASE_COLUMNS[0], BASE_COLUMNS[-1]) == ("code", "keywords")


def test_csv_and_json_say_the_same(federation: Federation) -> None:
    rows = rows_of(federation, federation.center("610902"))
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    parsed = json.loads(to_json(rows))
    assert len(read) == len(parsed) == 66
    for cells, values in zip(read, parsed, strict=True):
        assert tuple(cells) == tuple(values) == COLUMNS
        for name in ("materials", "steps", "results"):
            assert json.loads(cells[name]) == values[name]
        assert (cells["fees"] if cells["fees"] == "不收费" else json.loads(cells["fees"])) == values["fees"]
        for name in ("audience", "keywords", "special_procedures", "assumptions"):
            assert [part for part in cells[name].split(";") if part] == values[name]
        for name in ("statutory_amount", "promised_amount", "extension_amount"):
            assert cells[name] == ("" if values[name] is None else str(values[name]))


def test_an_item_without_a_statutory_limit_leaves_it_empty(federation: Federation) -> None:
    rows = {row.name: row for row in rows_of(federation, federation.center("610902"))}
    row = rows["出生登记"]
    assert (row.statutory_amount, row.statutory_unit, row.statutory_basis) == (None, "", "")
    assert row.promised_amount == 0
    cells = next(csv.DictReader(io.StringIO(to_csv([row]))))
    assert (cells["statutory_amount"], cells["promised_amount"]) == ("", "0")


def test_no_word_in_a_list_holds_the_separator(federation: Federation) -> None:
    for row in rows_of(federation, federation.center("610902")):
        for words in (row.audience, row.keywords, row.special_procedures, row.assumptions):
            assert not any(";" in word for word in words)


def test_a_cell_with_comma_quote_and_line_break_comes_back_whole() -> None:
    name = 'A,“B”"C"\n丁'
    row = ExchangeRow(code="1", name=name, type="01", kind="promised", cooperation="single", department="x")
    assert next(csv.DictReader(io.StringIO(to_csv([row]))))["name"] == name


def test_one_item_of_the_sample_carries_the_letter_of_its_commitment(federation: Federation) -> None:
    letters = {row.name: row.commitment for row in rows_of(federation, federation.center("610902")) if row.commitment}
    assert list(letters) == ["公众聚集场所消防安全检查"]
    [letter] = letters.values()
    assert (letter["laws"], letter["waived"]) == ("《中华人民共和国消防法》第十五条", ("safety-rules", "floor-plan"))
