"""What is wrong with a field, in Chinese, for each kind of error that the schemas know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS = {
    "missing": "必填，请补充",
    "extra_forbidden": "不认识的字段，请删除",
    "string_type": "应为文字",
    "string_too_short": "过短，至少 {min_length} 个字",
    "string_too_long": "过长，最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确",
    "string_unicode": "含有无法识别的字符",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数字过大",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "应大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "less_than": "应小于 {lt}",
    "literal_error": "不在可选值之内，可选：{expected}",
    "list_type": "应为列表",
    "too_long": "过多，最多 {max_length} 项",
    "too_short": "过少，至少 {min_length} 项",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "date_type": "应为日期，如 2026-11-23",
    "date_parsing": "应为日期，如 2026-11-23",
    "date_from_datetime_parsing": "应为日期，如 2026-11-23",
    "date_from_datetime_inexact": "应为日期，如 2026-11-23",
    "datetime_type": "应为时间，如 2026-11-23T02:00:00Z",
    "datetime_parsing": "应为时间，如 2026-11-23T02:00:00Z",
    "datetime_from_date_parsing": "应为时间，如 2026-11-23T02:00:00Z",
    "timezone_aware": "时间应带时区，如 2026-11-23T02:00:00Z",
    "json_type": "应为 JSON 文字",
    "json_invalid": "应为 JSON 文字",
}


def explain(kind: str, context: Mapping[str, Any]) -> str:
    """What is wrong and what is wanted; a kind that isn't listed is told in general."""
    text = _TEXTS.get(kind, "内容不正确，请核对")
    try:
        return text.format_map(context)
    except KeyError:
        return text.partition("，")[0]
