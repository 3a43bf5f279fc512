"""A form says next to a field what is wrong with it, whatever path the service names the field by."""

import pytest

from gateway.pages.forms import Form
from kit.errors import Invalid


@pytest.mark.parametrize(
    ("named", "shown_at"),
    [
        ("phone", "phone"),
        ("applicant.id_number", "id_number"),
        ("applicant.agent_name", "agent_name"),
        ("applicant.name", "applicant_name"),
    ],
)
def test_what_is_wrong_with_a_field_is_shown_at_it(named: str, shown_at: str) -> None:
    form = Form.blank()
    form.refuse(Invalid("wrong", "请核对。", field=named))
    assert form.errors[shown_at] == "请核对。"
