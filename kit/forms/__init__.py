"""Forms as JSON Schemas: a dialect that pages can draw, checked for contradictions before anybody fills one in."""

from kit.forms.answers import Problem, answer_problems
from kit.forms.dialect import Field, FieldKind, FormSchema, When, read_form

__all__ = ["Field", "FieldKind", "FormSchema", "Problem", "When", "answer_problems", "read_form"]
