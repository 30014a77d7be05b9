"""Signing in where the way to the platform is long: a proxy with credentials, a private authority.

The platform is simulated behind nginx, whose certificate nobody but its own authority signed; the
proxy is tinyproxy, and lets nobody pass without a password. The browser goes its own way.
"""

from __future__ import annotations

import logging
import ssl
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from genesys_cloud import Client, RetryConfiguration
from genesys_cloud.cli.app import app
from genesys_cloud.login import sign_in
from genesys_cloud.sign_in.saved_sign_in import SavedSignIn
from genesys_cloud.simulator import running_simulator
from genesys_cloud.transports.hooks import Hooks
from genesys_core import errors
from genesys_core.errors import ProxyError, TlsError
from tests.helpers.proxy import PASSWORD, Proxy, tinyproxy
from tests.helpers.server import Reply, Stall, scripted_server
from tests.helpers.tls import Certificates, nginx
from tests.strategies.loopback import ScriptedBrowser, query_of

httpx = pytest.importorskip("httpx")

PASS_ON = """
location ~ ^/ {{ proxy_pass {url}; proxy_set_header Host $http_host; proxy_redirect off; }}
"""


@dataclass(frozen=True)
class Site:
    """Where the platform is, and what it takes to get there."""

    simulator: object
    url: str
    ca: Path
    proxy: Proxy

    def browser(self) -> ScriptedBrowser:
        context = ssl.create_default_context(cafile=self.ca)
        return ScriptedBrowser(self.simulator, verify=context)

    @property
    def client_id(self) -> str:
        return self.simulator.client_id


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    certificates = Certificates.make(tmp_path_factory.mktemp("certificates"))
    with running_simulator() as simulator:
        locations = PASS_ON.format(url=simulator.url)
        with (
            nginx(certificates, clients="off", locations=locations) as url,
            tinyproxy(tmp_path_factory.mktemp("proxy")) as proxy,
        ):
            yield Site(simulator, url, certificates.ca_file, proxy)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch, tmp_path):
    for name in ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "TOKEN_FILE", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("a real browser"))


def signing_in(site, browser, **options):
    try:
        return sign_in(site.client_id, host=site.url, open_browser=browser.opened, **options)
    finally:
        browser.join()


# The library.


@pytest.mark.parametrize("grant", ["pkce", "implicit"])
def test_the_token_request_goes_through_the_proxy_to_the_private_authority(site, grant):
    before = site.proxy.asked("CONNECT")
    token = signing_in(site, site.browser(), grant=grant, proxy=site.proxy.url, verify=site.ca)
    asked = site.proxy.asked("CONNECT") - before
    assert asked == (1 if grant == "pkce" else 0)  # the implicit grant asks for nothing
    network = {"proxy": site.proxy.url, "verify": site.ca}
    with Client(host=site.url, access_token=token.access_token, **network) as client:
        assert client.users.get_users_me().email == site.simulator.email


def test_without_the_authority_the_certificate_is_refused_and_the_browser_told(site):
    browser = site.browser()
    with pytest.raises(TlsError):
        signing_in(site, browser, proxy=site.proxy.url)
    assert browser.message.startswith("The sign-in failed: ")


def test_a_wrong_proxy_password_is_refused_and_not_shown(site):
    browser = site.browser()
    wrong = site.proxy.url_of("proxy-user", "hunter2-wrong")
    with pytest.raises(ProxyError) as caught:
        signing_in(site, browser, proxy=wrong, verify=site.ca)
    assert "hunter2" not in f"{caught.value}{caught.value!r}{browser.message}"


def redirected(url):
    """What a browser does after a sign-in, with a code that nobody looks at."""
    asked = query_of(url)
    said = {"code": "c" * 40, "state": asked["state"]}
    uri = asked["redirect_uri"]
    threading.Thread(target=lambda: httpx.get(uri, params=said, trust_env=False)).start()


def test_retries_hooks_and_logs_are_those_of_a_client(caplog):
    caplog.set_level(logging.DEBUG, "genesys_cloud")
    # A 503 may have spent the code, and is not repeated.
    replies = [Reply(429), Reply(429), Reply(json={"access_token": "a" * 40})]
    seen = []
    with scripted_server(lambda _: replies.pop(0)) as server:
        token = sign_in(
            "client",
            host=server.url,
            open_browser=redirected,
            retry=RetryConfiguration(max_retry_time_sec=60, retry_after_default=0),
            hooks=Hooks(before_request=[lambda request: seen.append(request.url)]),
        )
        url = f"{server.url}/oauth/token"
    assert token.access_token == "a" * 40
    assert seen == [url] * 3
    assert [line.partition(", ")[0] for line in caplog.messages if line.startswith("POST")] == [
        f"POST {url}: {status}" for status in (429, 429, 200)
    ]


def test_the_clients_deadline_holds_for_the_token_request():
    with scripted_server(lambda _: Stall()) as server, pytest.raises(errors.TimeoutError):
        sign_in("client", host=server.url, open_browser=redirected, deadline=0.2)


# The command.


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.mark.parametrize("by", ["options", "environment"])
def test_a_life_of_the_commands_through_the_proxy(site, tmp_path, monkeypatch, by):
    file, network = tmp_path / "tokens.json", []
    if by == "options":
        network = ["--proxy", site.proxy.url, "--ca", site.ca]
    else:
        monkeypatch.setenv("HTTPS_PROXY", site.proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(site.ca))
    browser = site.browser()
    monkeypatch.setattr(webbrowser, "open", browser.opened)
    done = []
    before = site.proxy.asked("CONNECT")
    where = ("--host", site.url, "--client-id", site.client_id)
    for command in (("login", *where), ("whoami",), ("logout",)):
        done.append(run(*command, *network, "--token-file", file))
        assert done[-1].exit_code == 0, done[-1].output
        asked, before = site.proxy.asked("CONNECT") - before, site.proxy.asked("CONNECT")
        assert asked == 1, command
        assert PASSWORD not in done[-1].output
    browser.join()
    assert site.simulator.email in done[1].output
    assert SavedSignIn(file).load() is None
    assert PASSWORD not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_without_the_proxys_password_the_command_says_why(site, tmp_path, monkeypatch):
    browser = site.browser()
    monkeypatch.setattr(webbrowser, "open", browser.opened)
    where = ("--host", site.url, "--client-id", site.client_id)
    network = ("--proxy", site.proxy.bare_url, "--ca", site.ca)
    done = run("login", *where, *network, "--token-file", tmp_path / "tokens.json")
    browser.join()
    assert done.exit_code == 9
    assert "407" in done.stderr
