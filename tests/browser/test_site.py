"""The documentation's site in a real browser: search, requests, widths.

The site is built first: ``python docs/build_site.py build``.
"""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parents[2] / "build" / "site" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FIRST = {
    "post_users_search": "#post_users_search",
    "/api/v2/users/search": "users_search",
    "queue members": "#get_routing_queue_members",
    "routing:queue:edit": "reference/permissions/#routing:queue:edit",
    "UserMe": "reference/models/user/#UserMe",
    "v2.users.{id}.presence": "reference/topics/#v2.users.id.presence",
    "rate limit": "retries/",
    "jobs cancel": "reference/commands/#jobs-cancel",
    "log_request_body": "reference/configuration-keys/#logging.log_request_body",
}
ANCHOR = re.compile(r"^#+ .*\{ #(\S+) \}$", re.MULTILINE)
RESULTS = """
const found = [];
const walk = (node) => {
  if (node.tagName === 'A' && node.href.includes('h=')) found.push(node.href);
  if (node.shadowRoot) walk(node.shadowRoot);
  for (const child of node.children || []) walk(child);
};
walk(document.body);
return found;
"""
PAGES = [
    "",
    "calls/",
    "performance/",
    "simulator-conversations/",
    "states/",
    "reference/apis/users/",
    "reference/listings/",
    "reference/models/user/",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not any(map(shutil.which, BROWSERS)) or not shutil.which("chromedriver"),
        reason="needs chromium and chromedriver",
    ),
    pytest.mark.skipif(
        not (SITE / "index.html").exists(), reason="needs python docs/build_site.py build"
    ),
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1280,900")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


def requested(browser: Any) -> set[str]:
    messages = (json.loads(each["message"])["message"] for each in browser.get_log("performance"))
    return {
        each["params"]["request"]["url"]
        for each in messages
        if each["method"] == "Network.requestWillBeSent"
    }


def search(browser: Any, query: str) -> list[str]:
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.support.wait import WebDriverWait

    def is_open(driver: Any) -> bool:
        """Whether the search has the focus; the key is pressed again until the page's script runs."""
        if driver.execute_script("return document.activeElement.matches('body')"):
            keys = ActionChains(driver).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL)
            keys.perform()
            return False
        return True

    wait = WebDriverWait(browser, 60)
    wait.until(is_open)
    ActionChains(browser).send_keys(query).perform()
    return wait.until(lambda each: each.execute_script(RESULTS))


@pytest.mark.parametrize("query", FIRST)
def test_a_search_leads_to_the_right_section(site: str, browser: Any, query: str) -> None:
    browser.get(site)
    first, *_ = search(browser, query)
    place, _, anchor = first.removeprefix(site).partition("#")
    assert FIRST[query] in f"{place.partition('?')[0]}#{anchor}"


def test_no_page_requests_anything_from_another_host(site: str, browser: Any) -> None:
    for page in PAGES:
        browser.get(f"{site}{page}")
    urls = {url for url in requested(browser) if not url.startswith(("data:", "blob:"))}
    assert urls
    assert not [url for url in urls if not url.startswith(site)]


def test_diagrams_are_drawn(site: str, browser: Any) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    browser.get(f"{site}states/")
    drawn = "return [...document.querySelectorAll('.mermaid')].length"
    WebDriverWait(browser, 60).until(lambda each: each.execute_script(drawn) >= 6)


def test_every_anchor_of_the_reference_is_on_its_page_once() -> None:
    seen = 0
    for twin in (SITE / "reference").rglob("*.md"):
        folder = twin.parent if twin.name == "index.md" else twin.with_suffix("")
        text = (folder / "index.html").read_text(encoding="utf-8")
        ids = Counter(re.findall(r'<h[1-6] id="([^"]+)"', text))
        for anchor in ANCHOR.findall(twin.read_text(encoding="utf-8")):
            assert ids[anchor] == 1, f"{twin}#{anchor}"
            seen += 1
    assert seen > 3508 + 6651 + 242


def test_every_page_has_a_twin_and_the_list_for_models_names_it() -> None:
    listed = set(re.findall(r"\]\(([^)]+)\)", (SITE / "llms.txt").read_text(encoding="utf-8")))
    pages = {page.relative_to(SITE).as_posix() for page in SITE.rglob("*.md")}
    assert pages >= listed
    assert pages - listed == {page for page in pages if page.startswith("reference/models/")}


def test_pages_fit_a_phone(site: str, browser: Any) -> None:
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    for page in PAGES:
        browser.get(f"{site}{page}")
        width = browser.execute_script("return document.documentElement.scrollWidth")
        assert width <= 390, page


def test_a_search_on_a_phone_leads_to_the_guide(site: str, browser: Any) -> None:
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(site)
    first, *_ = search(browser, "rate limit")
    assert "retries/" in first


def test_colours_follow_the_system_also_when_that_changes(site: str, browser: Any) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    for system, scheme in (("light", "default"), ("dark", "slate"), ("light", "default")):
        features = [{"name": "prefers-color-scheme", "value": system}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get(site)
        shown = f"return document.body.dataset.mdColorScheme === '{scheme}'"
        WebDriverWait(browser, 60).until(lambda each, shown=shown: each.execute_script(shown))
