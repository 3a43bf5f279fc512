"""How long a step took, in words (rules F12)."""

import pytest

from gateway.pages.rendering import lasted
from tongban.approval_routing.v1 import messages_pb2 as routing


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 分钟"),
        (59, "0 分钟"),
        (3_540, "59 分钟"),
        (3_600, "1 小时"),
        (86_399, "23 小时"),
        (183_600, "2 天 3 小时"),
    ],
)
def test_a_step_says_how_long_it_took(seconds: int, words: str) -> None:
    step = routing.CaseStep()
    step.opened_at.FromSeconds(1_795_000_000)
    step.done_at.FromSeconds(1_795_000_000 + seconds)
    assert lasted(step) == words
