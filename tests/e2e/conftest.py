"""Two running sites, a real browser with Chinese letters, and people in contexts of their own."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from cli.sample.people import SAMPLE_PASSWORD
from conftest import CHROMIUM
from tests.e2e.running_site import ROOT, RunningSite, linked_sites
from tests.e2e.sample_day import SampleDay, prepare
from tests.e2e.steps import sign_in_citizen

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: How long a page may take to show what is looked for on a busy machine, in milliseconds.
PATIENCE_MS = 30_000
FONTS = ROOT / "build" / "assets" / "fonts"
#: What a browser says by itself when a page answers with an error that a test asked for.
REFUSED = "Failed to load resource: the server responded with a status of 4"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


expect.set_options(timeout=PATIENCE_MS)

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers that a test failed, so that what it saw is kept."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def sites() -> Iterator[tuple[RunningSite, RunningSite]]:
    """A county and the city above it, linked, at ten on a working morning."""
    with linked_sites() as running:
        yield running


@pytest.fixture(scope="session")
def site(sites: tuple[RunningSite, RunningSite]) -> RunningSite:
    """The county: where everything happens that happens at one site."""
    return sites[0]


@pytest.fixture(scope="session")
def city(sites: tuple[RunningSite, RunningSite]) -> RunningSite:
    """The city above it."""
    return sites[1]


@pytest.fixture(scope="session")
def day(site: RunningSite, city: RunningSite) -> SampleDay:
    """A morning that left something for every page to show."""
    return prepare(site, city)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, headless, which finds the fonts that the papers are set in; a machine needn't have Chinese ones."""
    folder = tmp_path_factory.mktemp("fonts")
    config = folder / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{FONTS}</dir><cachedir>{folder / 'cache'}</cachedir></fontconfig>"
    )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            env={**os.environ, "FONTCONFIG_FILE": str(config)},
        )
        yield started
        started.close()


@dataclass
class People:
    """Opens browsers for people, and hears what goes wrong in them."""

    site: RunningSite
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    #: Set by a test that makes the site refuse something.
    refusals_expected: bool = False
    _contexts: list[BrowserContext] = field(default_factory=list)

    def citizen(self, width: int = 1280, height: int = 900, *, scripts: bool = True, init: str = "") -> Page:
        """Somebody whom the site doesn't know."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            java_script_enabled=scripts,
            base_url=self.site.address,
        )
        context.set_default_timeout(PATIENCE_MS)
        if init:
            context.add_init_script(init)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        self._contexts.append(context)
        return context.new_page()

    def staff(self, username: str, width: int = 1400, height: int = 1000, *, scripts: bool = True) -> Page:
        """A member of the sample staff, signed in."""
        page = self.citizen(width, height, scripts=scripts)
        page.goto("/signin")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(SAMPLE_PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        page.get_by_role("button", name="退出").wait_for()
        return page

    def signed_in(self, who: dict[str, str], width: int = 390, height: int = 844) -> Page:
        """A citizen, signed in with the code that the demo shows."""
        page = self.citizen(width, height)
        page.goto("/citizen/signin")
        sign_in_citizen(page, who)
        page.get_by_role("button", name="退出").wait_for()
        return page

    def photograph(self, name: str) -> None:
        """Keeps what everybody sees, in build/e2e."""
        folder = ROOT / "build" / "e2e"
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(page for context in self._contexts for page in context.pages):
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)

    def leave(self) -> None:
        """Everybody closes their browser."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    def _heard(self, message: ConsoleMessage) -> None:
        expected = self.refusals_expected and message.text.startswith(REFUSED)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(f"{message.type}: {message.text} ({message.page.url if message.page else ''})")


@pytest.fixture
def people(site: RunningSite, browser: Browser, request: pytest.FixtureRequest) -> Iterator[People]:
    """People; the test fails when a browser of theirs complained, e.g. of an inline style that the policy forbids."""
    yield from _crowd(site, browser, request)


@pytest.fixture
def people_above(city: RunningSite, browser: Browser, request: pytest.FixtureRequest) -> Iterator[People]:
    """The same at the city."""
    yield from _crowd(city, browser, request)


def _crowd(site: RunningSite, browser: Browser, request: pytest.FixtureRequest) -> Iterator[People]:
    crowd = People(site, browser)
    yield crowd
    if request.node.stash.get(_FAILED, False):
        crowd.photograph(re.sub(r"\W+", "-", f"{request.node.name}-{site.made.accounts}"))
    crowd.leave()
    assert not crowd.complaints
