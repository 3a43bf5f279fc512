"""The hall's board hears of calls by itself, and speaks them once somebody has switched its voice on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import People
from tests.e2e.running_site import RunningSite, until
from tests.e2e.sample_day import FELLING, take

#: Speech as a browser has it, but heard by the test; a machine without sound has no voices.
LISTENING = """
    window.heard = [];
    Object.defineProperty(window, "speechSynthesis", {value: {speak: (words) => window.heard.push(words.text), cancel() {}}});
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
"""


def test_a_call_appears_and_is_spoken_once_the_voice_is_on(site: RunningSite, people: People) -> None:
    clerk = site.person("hb-clerk-14")
    clerk.post("/windows/610902-14/open")
    board = people.citizen(1080, 1920, init=LISTENING)
    board.goto("/board/610902")
    expect(board.get_by_text("实时更新中")).to_be_visible()

    silent = take(site.public(), FELLING)
    clerk.post("/windows/610902-14/call-next")
    expect(board.locator(".call").first).to_contain_text(silent["number"])
    expect(board.locator("#announced")).to_contain_text("到 14 号窗口")
    assert board.evaluate("window.heard") == []
    clerk.post(f"/tickets/{silent['id']}/start")
    clerk.post(f"/tickets/{silent['id']}/finish")

    board.get_by_role("switch", name="语音播报").check()
    spoken = take(site.public(), FELLING)
    called = clerk.post("/windows/610902-14/call-next")["ticket"]
    expect(board.locator(".call").first).to_contain_text(spoken["number"])
    digits = "".join("零一二三四五六七八九"[int(digit)] for digit in spoken["number"][1:])
    sentence = f"请 {spoken['number'][0]}{digits} 号，到 14 号窗口"
    until(lambda: len(board.evaluate("heard")) == 2, "the call to be spoken")
    assert board.evaluate("window.heard") == ["语音播报已开启", sentence]

    clerk.post(f"/tickets/{called['id']}/recall")
    until(lambda: len(board.evaluate("heard")) == 3, "the second call to be spoken")
    assert board.evaluate("window.heard")[2] == sentence

    board.get_by_role("switch", name="语音播报").uncheck()
    clerk.post(f"/tickets/{called['id']}/start")
    clerk.post(f"/tickets/{called['id']}/finish")


def test_a_board_opened_later_does_not_repeat_the_past(site: RunningSite, people: People) -> None:
    board = people.citizen(1080, 1920, init=LISTENING)
    board.goto("/board/610902")
    expect(board.get_by_text("实时更新中")).to_be_visible()
    board.get_by_role("switch", name="语音播报").check()
    take(site.public(), FELLING)
    expect(board.locator(".lanes li").filter(has_text="农林交通").locator("strong")).not_to_have_text("0")
    assert board.evaluate("window.heard") == ["语音播报已开启"]
