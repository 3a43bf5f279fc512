"""What an application for an item needs in a situation: its materials and its form (rules C11, C15, L01)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import orjson

from kit.errors import Invalid
from kit.forms import answer_problems, read_form
from reference import Material as WantedMaterial
from reference import ServiceItem
from services.intake.domain.application import Answer
from services.intake.domain.material import Material

#: Our own choice: a form's answers as JSON.
MOST_FORM_BYTES = 64 * 1024


def checked_situation(item: ServiceItem, answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """An answer to each question of the item, in its order.

    Raises ``Invalid``: a question that isn't answered (``situation_unanswered``), an answer that isn't one of it
    (``situation_unknown``).
    """
    known = known_answers(item, answers)
    for question in item.questions:
        if question.key not in known:
            raise Invalid(
                "situation_unanswered",
                f"请先回答“{question.label}”，以便确定需要哪些材料。",
                field="situation",
                question=question.key,
            )
    return tuple(Answer(question.key, known[question.key]) for question in item.questions)


def known_answers(item: ServiceItem, answers: Iterable[Answer]) -> dict[str, str]:
    """Answers by question. Raises ``Invalid`` (``situation_unknown``) on what isn't the item's."""
    options = {question.key: {option.key for option in question.options} for question in item.questions}
    known: dict[str, str] = {}
    for answer in answers:
        if answer.option not in options.get(answer.question, ()) or answer.question in known:
            raise Invalid(
                "situation_unknown",
                "情形的答案不在可选范围内，或同一问题回答了两次，请重新选择。",
                field="situation",
                question=answer.question[:64],
            )
        known[answer.question] = answer.option
    return known


def materials_of(item: ServiceItem, situation: Mapping[str, str] | None = None) -> tuple[Material, ...]:
    """What the item asks for in a situation, not yet handed in.

    Without one, as of what another place collected, whatever depends on it is asked for as secondary: whether it is
    needed is judged here (our own choice).
    """
    return tuple(
        Material(
            key=each.key,
            name=each.name,
            main=each.main and (situation is not None or not each.when),
            requirement=_requirement(each.form, each.copies),
            standard=each.standard,
            deferrable=each.deferrable,
        )
        for each in item.materials
        if situation is None or each.wanted(situation)
    )


def may_be_wanted(item: ServiceItem, situation: Mapping[str, str]) -> tuple[WantedMaterial, ...]:
    """The materials that answers so far leave possible."""
    return tuple(
        each
        for each in item.materials
        if all(situation.get(one.question, one.options[0]) in one.options for one in each.when)
    )


def checked_form(item: ServiceItem, form_json: str, today: date) -> str:
    """The answers to the item's form, complete and right; where it has none, any JSON object that isn't too large.

    Raises ``Invalid``: ``form_invalid``; ``form_answers_invalid`` with all problems, the first one's field named.
    """
    answers = _read(form_json)
    if not item.form_schema:
        return orjson.dumps(answers).decode() if answers is not None else ""
    problems = answer_problems(read_form(orjson.loads(item.form_schema)), answers or {}, today)
    if problems:
        words = "；".join(problem.message for problem in problems[:20])
        raise Invalid("form_answers_invalid", f"{words}。", field=f"form.{problems[0].path}")
    return orjson.dumps(answers).decode()


def begun_form(form_json: str) -> str:
    """The answers so far to a form, whatever they are. Raises ``Invalid`` (``form_invalid``)."""
    answers = _read(form_json)
    return orjson.dumps(answers).decode() if answers is not None else ""


def _read(form_json: str) -> dict[str, object] | None:
    if not form_json:
        return None
    if len(form_json.encode()) > MOST_FORM_BYTES:
        raise Invalid("form_invalid", f"表单内容过大，最多 {MOST_FORM_BYTES // 1024} KB。", field="form_json")
    try:
        answers = orjson.loads(form_json)
        orjson.dumps(answers)  # refuses what is nested too deep for a reader
    except (ValueError, TypeError) as error:
        raise Invalid("form_invalid", "表单内容不是正确的 JSON，请重新填写。", field="form_json") from error
    if not isinstance(answers, dict):
        raise Invalid("form_invalid", "表单内容应为 JSON 对象，请重新填写。", field="form_json")
    return answers


def _requirement(form: str, copies: int) -> str:
    return f"{_FORMS.get(form, form)} {copies} 份" if copies else _FORMS.get(form, form)


_FORMS = {"original": "原件", "copy": "复印件", "electronic": "电子件", "original_and_copy": "原件及复印件"}
