"""A center's own words on its papers: texts with named fields, never code (convention 9).

What the law asks a paper to say, and in which order, stays with the program's templates; a center adds its letterhead, what
stands before and after the body, its note at the foot and the name of its seal. Such a text is data to the template: whatever
it looks like, it is printed as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from kit.errors import Invalid

#: The parts that a center may word, with the longest text of each in characters.
PARTS: Final[Mapping[str, int]] = {"letterhead": 40, "opening": 1000, "closing": 1000, "note": 500, "seal": 20}
#: What every paper knows of its case.
FIELDS: Final = (
    "center_name",
    "department_name",
    "addressee",
    "item_name",
    "application_number",
    "number",
    "contact_phone",
    "complaint_phone",
)
_FIELD: Final = re.compile(r"\{([a-z_]+)\}")


def wording_of(*fields: str) -> Callable[[Any], None]:
    """Checks a center's words for a paper that knows these fields beside ``FIELDS``.

    Raises ``Invalid``: ``paper_part_unknown``, ``paper_field_unknown`` with the field's name, ``paper_text_broken``.
    """
    known = (*FIELDS, *fields)

    def check(value: Any) -> None:
        for part, text in value.items():
            if part not in PARTS:
                raise Invalid(
                    "paper_part_unknown",
                    f"文书用语只能包含 {'、'.join(PARTS)}，没有“{str(part)[:40]}”，请更正。",
                    part=str(part)[:40],
                )
            _check_text(part, text, known)

    return check


def _check_text(part: str, text: Any, known: tuple[str, ...]) -> None:
    if not isinstance(text, str) or not 0 < len(text) <= PARTS[part] or not text.replace("\n", "").isprintable():
        raise Invalid(
            "paper_text_broken",
            f"文书用语 {part} 应为不超过 {PARTS[part]} 个字的文字，且不含控制字符，请更正。",
            part=part,
        )
    for name in _FIELD.findall(text):
        if name not in known:
            raise Invalid(
                "paper_field_unknown",
                f"文书用语 {part} 中的字段 {{{name}}} 不存在，可以使用 {'、'.join(known)}，请更正。",
                part=part,
                unknown=name,
            )
    rest = _FIELD.sub("", text)
    if "{" in rest or "}" in rest:
        raise Invalid("paper_text_broken", f"文书用语 {part} 中的花括号没有成对包住字段名，请更正。", part=part)


def worded(wording: Mapping[str, str], data: Mapping[str, Any]) -> dict[str, str]:
    """The center's words with the fields of a paper in their places; parts that it doesn't word are empty."""
    return {part: _FIELD.sub(lambda match: str(data.get(match.group(1), "")), wording.get(part, "")) for part in PARTS}
