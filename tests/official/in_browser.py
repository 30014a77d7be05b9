"""The official JavaScript SDK in Chromium, on a page of another origin than the simulator's."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCENARIO = Path(__file__).with_name("scenario.js")
BUNDLE = "purecloud-platform-client-v2/dist/web-cjs/purecloud-platform-client-v2.min.js"
PATIENCE = 60
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root, where Chromium refuses its sandbox
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PAGE = """<!doctype html><title>An app with the SDK</title>
<script src="bundle.js"></script><script src="scenario.js"></script>"""

RUN = """
const [place, done] = arguments;
const found = [];
const platformClient = require("platformClient");
runScenario(platformClient, WebSocket, place, (name, problem) => found.push({name, problem}))
  .then(() => done(found), (error) => done([{name: "scenario", problem: String(error)}]));
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def page_of(modules: Path, folder: Path) -> Iterator[str]:
    """Serve a page with the SDK and the scenario; its address."""
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    shutil.copy(modules / BUNDLE, folder / "bundle.js")
    shutil.copy(SCENARIO, folder / "scenario.js")
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def run_in_browser(modules: Path, folder: Path, place: dict[str, object]) -> list[str]:
    """Run the scenario on a page in Chromium; return what failed.

    Args:
        modules: the ``node_modules`` with the SDK.
        folder: an empty directory.
        place: where the simulator is.
    """
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in (*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(argument)
    with page_of(modules, folder) as address:
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        browser = webdriver.Chrome(options=options, service=service)
        try:
            browser.set_script_timeout(PATIENCE)
            browser.get(address)
            stories = browser.execute_async_script(RUN, place)
        finally:
            browser.quit()
    if not stories:
        return ["no story was run"]
    return [f"{each['name']}: {each['problem']}" for each in stories if each["problem"]]


def is_installed() -> bool:
    """Whether Chromium and its driver are installed."""
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))
