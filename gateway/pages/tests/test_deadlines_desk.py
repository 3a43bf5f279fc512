"""The board of what is due: every number leads to what it stands for, and says whose it is."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.supervision.v1 import messages_pb2 as messages
from tongban.supervision.v1 import service_pb2 as supervision


@pytest.fixture(autouse=True)
def board(site: FakeSite, visitor: Visitor) -> None:
    rows = [
        messages.DeadlineBoardRow(center_id="610902", title="食品经营许可", overdue=2, tomorrow=3, red=1),
        messages.DeadlineBoardRow(center_id="610902", title="护士执业注册", overdue=4, red=2),
    ]
    made = messages.DeadlineBoard(rows=rows, later=7)
    site.answers("GetDeadlineBoard", supervision.GetDeadlineBoardResponse(board=made))
    visitor.sign_in("supervisor")


def test_the_board_adds_its_rows_up_and_each_sum_leads_to_its_list(visitor: Visitor) -> None:
    text = visitor.get("/supervision/board?by=item")[1]
    foot = text.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert [number in foot for number in (">6<", ">3<", "<td>0</td>")] == [True, True, True]
    assert "/supervision/board/due?when=overdue" in foot
    assert "when=today" not in foot, "nothing is due today"


def test_a_list_says_which_number_it_stands_for(visitor: Visitor, site: FakeSite) -> None:
    text = visitor.get("/supervision/board/due?when=overdue&title=食品经营许可&window=-")[1]
    assert "食品经营许可　未经窗口收件" in text
    assert "已超期、今日到期、明日到期" in visitor.get("/supervision/board/due")[1]
    (asked, _) = site.asked_of("ListDue")
    assert (asked.request.when, asked.request.title, asked.request.window) == ("overdue", "食品经营许可", "-")
