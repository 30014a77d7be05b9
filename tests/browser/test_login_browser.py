"""Signing in with a real browser: Chromium, without a window, driven by Selenium.

It is skipped where Chromium is not installed, but never in CI: there it is installed, and a missing
one is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from genesys_cloud.sign_in.saved_sign_in import SavedSignIn
from genesys_cloud.simulator import running_simulator

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        (CHROMIUM is None or DRIVER is None) and not os.environ.get("CI"),
        reason="chromium and chromium-driver are not installed",
    ),
]

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root, where Chromium refuses its sandbox
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60  # seconds; what fails, fails by its content long before


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    from selenium import webdriver

    assert CHROMIUM, "CI must have chromium: apt-get install chromium"
    assert DRIVER, "CI must have chromedriver: apt-get install chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh_session(chromium, simulator):
    yield
    chromium.get(f"{simulator.url}/logout?client_id={simulator.client_id}")


@contextmanager
def logging_in(simulator, token_file: Path, *arguments):
    """``genesys-cloud login`` as a process, and the URL that it prints."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-W", "error", "-m", "genesys_cloud.cli", "login"),
            *("--host", simulator.url, "--client-id", simulator.client_id, "--no-browser"),
            *("--token-file", str(token_file), *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        process.stdout.readline()
        yield process, process.stdout.readline().partition("Sign in here: ")[2].strip()
    finally:
        process.kill()
        process.communicate()


def fill_in(chromium, simulator, button):
    from selenium.webdriver.common.by import By

    chromium.find_element(By.ID, "email").send_keys(simulator.email)
    chromium.find_element(By.ID, "password").send_keys(simulator.password)
    chromium.find_element(By.ID, button).click()


def landed(chromium, title):
    """The message of the landing page, once its title is there."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(chromium, PATIENCE).until(lambda browser: browser.title == title)
    return chromium.find_element(By.ID, "message").text


@pytest.mark.parametrize("grant", ["pkce", "implicit"])
def test_a_user_signs_in_and_the_command_ends_with_a_token(chromium, simulator, tmp_path, grant):
    file = tmp_path / "tokens.json"
    with logging_in(simulator, file, "--grant", grant) as (process, url):
        chromium.get(url)
        assert chromium.title == "Sign in"
        fill_in(chromium, simulator, "sign-in")
        assert landed(chromium, "Signed in") == "You can close this window."
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert f"The token is stored in {file}." in out
    place, token = SavedSignIn(file).load()
    assert place.client_id == simulator.client_id
    assert simulator.simulator.state.tokens[token.access_token].user_id
    assert token.access_token not in chromium.current_url  # nor in the history
    assert token.access_token not in out


@pytest.mark.parametrize("grant", ["pkce", "implicit"])
def test_a_refusal_is_told_to_the_user_and_to_the_terminal(chromium, simulator, tmp_path, grant):
    with logging_in(simulator, tmp_path / "tokens.json", "--grant", grant) as (process, url):
        chromium.get(url)
        fill_in(chromium, simulator, "refuse")
        words = "The user denied the request."
        assert landed(chromium, "Not signed in") == f"The sign-in was refused: {words}"
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (3, "")
    assert err == f"genesys-cloud login: sign-in failed: {words}\n"


def test_a_session_signs_in_without_the_page_and_again_asks(chromium, simulator, tmp_path):
    for arguments, title in (((), "Sign in"), ((), "Signed in"), (("--again",), "Sign in")):
        with logging_in(simulator, tmp_path / "tokens.json", *arguments) as (process, url):
            chromium.get(url)
            assert chromium.title == title
            if title == "Sign in":
                fill_in(chromium, simulator, "sign-in")
            landed(chromium, "Signed in")
            assert process.wait(timeout=PATIENCE) == 0


def test_an_answer_to_another_sign_in_leaves_ours_alone(chromium, simulator, tmp_path):
    with logging_in(simulator, tmp_path / "tokens.json") as (process, url):
        redirect_uri = re.search(r"redirect_uri=([^&]+)", url)[1]
        from urllib.parse import unquote

        chromium.get(f"{unquote(redirect_uri)}?code=stolen&state=guessed")
        assert "state mismatch" in landed(chromium, "Request rejected")
        assert process.poll() is None
        chromium.get(url)
        fill_in(chromium, simulator, "sign-in")
        landed(chromium, "Signed in")
        assert process.wait(timeout=PATIENCE) == 0
