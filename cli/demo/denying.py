"""What can't be done is reported, and every level says so, before it is denied (否定事项报备; rules C18)."""

from __future__ import annotations

from collections.abc import Callable

from cli.demo.rest import Json, Rest


def report_denial(*, officer: Rest, level_of: Callable[[str], Rest], center: str, case: Json, grounds: Json) -> Json:
    """Reports that a case can't be approved, and has each level agree; the report, decided. ``level_of`` a role."""
    body = {"application_id": case["id"], "asked_for": case["item_name"], **grounds}
    report = officer.post(f"centers/{center}/denial-reports", body, does="denials_reported")
    while report["level"]:
        said = {"agrees": True, "said": "情况属实，同意", "basis": grounds["basis"]}
        path = f"denial-reports/{report['id']}/answer"
        report = level_of(report["level"]).post(path, said, does="denials_answered")
    return report
