from pathlib import Path

import pytest

from kit.errors import Invalid
from reference.policies import ALL, Setting, zz
from reference.policies.table import collect


def test_every_row_of_table_zz_is_a_setting() -> None:
    assert sorted(zz.ROWS) == list(range(1, 32))
    for number, setting in zz.ROWS.items():
        assert ALL[setting.key] is setting
        assert f"ZZ{number}," in setting.source or f"ZZ{number}:" in setting.source


def test_every_file_of_settings_is_collected() -> None:
    files = {path.stem for path in (Path(zz.__file__).parent).glob("*.py")} - {
        "__init__",
        "setting",
        "shapes",
        "table",
        "item_types",
    }
    from_table = {setting.key for setting in ALL.values()}
    for name in files:
        module = __import__(f"reference.policies.{name}", fromlist=["SETTINGS"])
        assert {setting.key for setting in module.SETTINGS} <= from_table, name


def test_a_key_given_twice_is_refused() -> None:
    one = Setting("a_min", int, 1, "某值", "rules B02")
    with pytest.raises(ValueError, match="a_min"):
        collect([one, Setting("a_min", int, 2, "另一值", "rules B03")])


@pytest.mark.parametrize(
    ("setting", "good", "normal"),
    [
        (Setting("n", int, 1, "数", "s"), 5.0, 5),
        (Setting("f", float, 0.5, "数", "s"), 2, 2.0),
        (Setting("b", bool, True, "是否", "s"), False, False),
        (Setting("t", str, "x", "文", "s", choices=("x", "y")), "y", "y"),
        (zz.ROWS[5], [{"count": 2, "days": 1}], [{"count": 2, "days": 1}]),
    ],
)
def test_a_fitting_value_is_brought_to_its_type(setting: Setting, good: object, normal: object) -> None:
    value = setting.check(good)
    assert value == normal
    assert type(value) is type(normal)


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        (Setting("n", int, 1, "数", "s"), 1.5),
        (Setting("n", int, 1, "数", "s"), True),
        (Setting("n", int, 1, "数", "s"), -1),
        (Setting("n", int, 1, "数", "s"), "5"),
        (Setting("n", int, 1, "数", "s", most=10), 11),
        (Setting("f", float, 0.5, "数", "s"), float("nan")),
        (Setting("f", float, 0.5, "数", "s"), float("inf")),
        (Setting("t", str, "x", "文", "s", choices=("x", "y")), "z"),
        (Setting("t", str, "x", "文", "s"), "a\x00b"),
        (Setting("l", list, [], "列", "s"), {}),
        (zz.ROWS[5], [{"count": 2}]),
        (zz.ROWS[5], [{"count": -2, "days": 1}]),
        (zz.ROWS[6], {"mon": ["25:00-26:00"], "make_up": []}),
        (zz.ROWS[19], ["hour"]),
        (zz.ROWS[27], "unheard_of"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(setting: Setting, wrong: object) -> None:
    with pytest.raises(Invalid):
        setting.check(wrong)


def test_a_default_that_does_not_fit_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="default"):
        Setting("n", int, "many", "数", "s")
