"""``login``, ``whoami`` and ``logout``, against the simulator, with a scripted browser."""

import re
import socket
import subprocess
import sys
import threading
import webbrowser

import pytest
from typer.testing import CliRunner

from genesys_cloud import Client, Gateway
from genesys_cloud.cli.app import app
from genesys_cloud.login import BrowserSignIn, sign_in
from genesys_cloud.sign_in import loopback_server
from genesys_cloud.sign_in.saved_sign_in import SavedSignIn, SignInTarget
from genesys_cloud.simulator import Settings, Simulator, bundled_definition, running_simulator
from genesys_cloud.transports import HttpxTransport
from genesys_core import errors
from genesys_core.clock import Now
from genesys_core.errors import (
    AccessDeniedError,
    ConnectError,
    InvalidClientError,
    InvalidValueError,
)
from genesys_core.oauth.tokens import Token
from tests.helpers.server import Reply, scripted_server
from tests.helpers.threads import threads_end
from tests.strategies.loopback import ScriptedBrowser, message_of, query_of

httpx = pytest.importorskip("httpx")


@pytest.fixture(scope="module")
def simulator():
    settings = Settings(login_prefixes=("login",), api_prefixes=("api",))
    with running_simulator(settings=settings) as running:
        yield running


@pytest.fixture(autouse=True)
def _threads():
    with threads_end():
        yield


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch, tmp_path):
    for name in ("REGION", "OAUTHCLIENT_ID", "TOKEN_FILE", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("a real browser"))


@pytest.fixture
def token_file(tmp_path):
    return tmp_path / "tokens.json"


def signing_in(simulator, browser, **options):
    try:
        return sign_in(
            simulator.client_id, host=simulator.url, open_browser=browser.opened, **options
        )
    finally:
        browser.join()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# The library.


@pytest.mark.parametrize("grant", ["pkce", "implicit"])
def test_a_user_signs_in(simulator, grant):
    browser = ScriptedBrowser(simulator)
    token = signing_in(simulator, browser, grant=grant)
    assert browser.message == "You can close this window."
    me = httpx.get(
        f"{simulator.url}/api/v2/users/me",
        headers={"Authorization": f"Bearer {token.access_token}"},
        trust_env=False,
    )
    assert me.json()["email"] == simulator.email
    assert (token.refresh_token is None) == (grant == "implicit")
    asked = query_of(browser.urls[0])
    assert asked["response_type"] == ("token" if grant == "implicit" else "code")
    assert len(asked["state"]) >= 43


@pytest.mark.parametrize("grant", ["pkce", "implicit"])
def test_a_refusal_is_told_to_both(simulator, grant):
    browser = ScriptedBrowser(simulator, "refuse")
    with pytest.raises(AccessDeniedError, match="The user denied the request"):
        signing_in(simulator, browser, grant=grant)
    assert browser.message == "The sign-in was refused: The user denied the request."


@pytest.mark.parametrize("state", ["", "&state=guessed"])
def test_an_answer_with_another_state_is_not_believed_and_the_right_one_still_is(simulator, state):
    def intrude(http, asked):
        return http.get(f"{asked['redirect_uri']}?code=stolen{state}")

    browser = ScriptedBrowser(simulator, before=intrude)
    assert signing_in(simulator, browser).access_token
    assert browser.pages[0].status_code == 400
    assert "state mismatch" in message_of(browser.pages[0].text)
    assert browser.message == "You can close this window."


def test_if_only_another_state_comes_the_timeout_says_so(simulator, monkeypatch):
    monkeypatch.setattr(loopback_server, "_LONGEST_NAP", 0.02)  # the clock is looked at after it
    clock = [Now(0.0, 0.0)]

    def read():
        return clock[0]

    with (
        Client(host=simulator.url) as client,
        BrowserSignIn(simulator.client_id, client, clock=read) as attempt,
    ):
        pages = []

        def intrude():
            pages.append(httpx.get(f"{attempt.redirect_uri}?code=a&state=b", trust_env=False))
            clock[0] = Now(120.0, 120.0)

        thread = threading.Thread(target=intrude)
        thread.start()
        with pytest.raises(
            errors.TimeoutError, match=r"120 s; rejected 1 redirect.*state mismatch"
        ):
            attempt.wait(120.0)
        thread.join()
    assert pages[0].status_code == 400


def test_nobody_comes_in_time(simulator):
    clock = iter([Now(0.0, 0.0), Now(9.9, 9.9), Now(10.0, 10.0)])
    with pytest.raises(errors.TimeoutError, match="sign-in timed out after 10 s"):
        sign_in(
            simulator.client_id,
            host=simulator.url,
            sign_in_timeout=10.0,
            open_browser=lambda _: True,
            clock=lambda: next(clock),
        )


def test_a_port_that_is_taken(simulator):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConnectError, match=f"port {port} .*use another port"):
            sign_in("c", host=simulator.url, port=port, open_browser=pytest.fail)


def test_a_fixed_port_and_a_redirect_uri_of_ones_own(simulator):
    port = free_port()
    browser = ScriptedBrowser(simulator)
    signing_in(simulator, browser, port=port)
    assert query_of(browser.urls[0])["redirect_uri"] == f"http://127.0.0.1:{port}/callback"
    browser = ScriptedBrowser(simulator)
    uri = f"http://localhost:{port}/done"
    signing_in(simulator, browser, redirect_uri=uri)
    assert query_of(browser.urls[0])["redirect_uri"] == uri


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"grant": "password"}, "must be pkce or implicit"),
        ({"port": 70_000}, "port 70000"),
        ({"redirect_uri": "https://example.com/"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1:1/x", "port": 2}, "the ports differ"),
        ({"sign_in_timeout": 0.0}, "timeout"),
        ({"sign_in_timeout": float("nan")}, "timeout"),
        ({"org": "acme"}, "provider"),
        ({"region": "nowhere"}, "nowhere"),
    ],
)
def test_arguments_that_cannot_work(simulator, options, words):
    given = {"host": simulator.url, "open_browser": lambda _: True, **options}
    if "region" in options:
        del given["host"]
    with pytest.raises(InvalidValueError, match=words):
        sign_in("c", **given)


def test_what_is_no_function_cannot_open_a_browser():
    with pytest.raises(TypeError, match="open_browser must be a function, not a str"):
        sign_in("c", open_browser="firefox")


def test_the_browser_is_told_when_the_exchange_fails(simulator):
    browser = ScriptedBrowser(simulator)

    def forgetful(url):
        simulator.simulator.state.clients.clear()  # after the page was asked for
        return url

    clients = dict(simulator.simulator.state.clients)

    class Late(ScriptedBrowser):
        def _submit(self, http, page, fields):
            answer = super()._submit(http, page, fields)
            forgetful(answer)
            return answer

    browser = Late(simulator)
    try:
        with pytest.raises(InvalidClientError, match="client not found"):
            signing_in(simulator, browser)
    finally:
        simulator.simulator.state.clients.update(clients)
    assert browser.message == "The sign-in failed: invalid_client: client not found"


def test_the_browser_is_told_when_the_user_interrupts_the_exchange(simulator):
    class Interrupted(HttpxTransport):
        def send(self, request):
            raise KeyboardInterrupt

    browser = ScriptedBrowser(simulator)
    with pytest.raises(KeyboardInterrupt):
        signing_in(simulator, browser, transport=Interrupted())
    assert browser.message == "The sign-in failed: the sign-in was interrupted"


def test_nothing_secret_is_shown(simulator):
    with Client(host=simulator.url) as client, BrowserSignIn("c", client) as attempt:
        asked = query_of(attempt.url)
        assert asked["state"] not in repr(attempt)
        assert attempt._verifier not in repr(attempt)
        assert attempt.redirect_uri in repr(attempt)
    attempt.close()


# The command.


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def logged_in(simulator, token_file, monkeypatch, *arguments, action="sign-in"):
    browser = ScriptedBrowser(simulator, action)
    monkeypatch.setattr(webbrowser, "open", browser.opened)
    where = ("--host", simulator.url, "--client-id", simulator.client_id)
    done = run("login", *where, "--token-file", token_file, *arguments)
    browser.join()
    return done


def secrets_of(token_file):
    return re.findall(r'"(?:access|refresh)_token": "([^"]+)"', token_file.read_text())


@pytest.mark.parametrize("grant", ["pkce", "implicit"])
def test_a_life(simulator, token_file, monkeypatch, grant):
    done = logged_in(simulator, token_file, monkeypatch, "--grant", grant)
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.search(
        r"registered for the OAuth client: http://127\.0\.0\.1:\d+/callback\n", done.output
    )
    assert f"Sign in here: {simulator.url}/oauth/authorize?" in done.output
    assert f"The token is stored in {token_file}." in done.output

    who = run("whoami", "--token-file", token_file)
    assert who.exit_code == 0, who.output
    assert who.output.splitlines()[:4] == [
        f"user    User 001 <{simulator.email}>",
        "org     simulator",
        f"region  {simulator.url}",
        f"client  {simulator.client_id}",
    ]
    assert re.fullmatch(
        r"token   until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", who.output.splitlines()[4]
    )

    (access_token, *_) = secrets = secrets_of(token_file)
    assert len(secrets) == (1 if grant == "implicit" else 2)
    out = run("logout", "--token-file", token_file)
    assert (out.exit_code, out.output) == (0, "Signed out.\n")
    assert access_token not in simulator.simulator.state.tokens
    assert secrets_of(token_file) == []
    for output in (done.output, who.output, out.output):
        assert not any(secret in output for secret in secrets)

    again = run("whoami", "--token-file", token_file)
    assert (again.exit_code, again.output) == (
        3,
        "genesys-cloud whoami: not signed in; run genesys-cloud login\n",
    )
    assert run("logout", "--token-file", token_file).output == "Not signed in.\n"


def test_a_refused_sign_in_ends_with_3(simulator, token_file, monkeypatch):
    done = logged_in(simulator, token_file, monkeypatch, action="refuse")
    assert done.exit_code == 3
    assert done.stderr == ("genesys-cloud login: sign-in failed: The user denied the request.\n")
    assert not token_file.exists()


def test_a_timeout_ends_with_10(simulator, token_file, monkeypatch):
    monkeypatch.setattr(
        BrowserSignIn,
        "wait",
        lambda self, seconds: (_ for _ in ()).throw(errors.TimeoutError(f"{seconds}", sent=False)),
    )
    where = ("--host", simulator.url, "--client-id", "c", "--no-browser")
    done = run("login", *where, "--timeout", 7, "--token-file", token_file)
    assert (done.exit_code, done.stderr) == (10, "genesys-cloud login: 7.0\n")


def test_a_taken_port_ends_with_9(simulator):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("login", "--host", simulator.url, "--client-id", "c", "--port", port)
    assert done.exit_code == 9
    assert done.stderr.startswith(f"genesys-cloud login: port {port} on 127.0.0.1")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--client-id", ""],
        ["--client-id", "c", "--region", "nowhere"],
        ["--client-id", "c", "--region", "eu_west_1", "--host", "http://127.0.0.1"],
        ["--client-id", "c", "--org", "acme"],
        ["--client-id", "c", "--grant", "password"],
        ["--client-id", "c", "--port", "70000"],
        ["--client-id", "c", "--redirect-uri", "https://example.com/"],
        ["--client-id", "c", "--gateway-host", "a b"],
        ["--client-id", "c", "--gateway-port", "80"],
        ["--client-id", "c", "--timeout", "0"],
    ],
)
def test_what_cannot_be_tried_ends_with_2(arguments):
    done = run("login", *arguments)
    assert done.exit_code == 2, done.output
    assert done.stderr


def test_the_environment_names_client_and_region(monkeypatch, simulator, token_file):
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", "from-environment")
    monkeypatch.setenv("GENESYSCLOUD_REGION", "eu_west_1")
    monkeypatch.setenv("GENESYSCLOUD_TOKEN_FILE", str(token_file))
    monkeypatch.setattr(BrowserSignIn, "wait", lambda self, seconds: Token("a"))
    assert "https://login.mypurecloud.ie/oauth/authorize?client_id=from-environment&" in (
        run("login", "--no-browser").output
    )
    assert SavedSignIn(token_file).target() == SignInTarget("from-environment", region="eu_west_1")
    assert run("login", "--no-browser", "--host", simulator.url).exit_code == 0


def test_without_a_browser_it_says_so(monkeypatch, simulator, token_file):
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    monkeypatch.setattr(BrowserSignIn, "wait", lambda self, seconds: Token("a"))
    where = ("--host", simulator.url, "--client-id", "c", "--token-file", token_file)
    assert "open this URL yourself" in run("login", *where).stderr


def test_all_the_way_through_a_gateway(simulator, token_file, monkeypatch):
    url = httpx.URL(simulator.url)
    behind = ["--gateway-host", url.host, "--gateway-protocol", "http", "--gateway-port", url.port]
    paths = ["--gateway-login-path", "login", "--gateway-api-path", "api"]
    browser = ScriptedBrowser(simulator)
    monkeypatch.setattr(webbrowser, "open", browser.opened)
    client = ("--client-id", simulator.client_id, "--token-file", token_file)
    assert run("login", *client, *behind, *paths).exit_code == 0
    browser.join()
    assert browser.urls[0].startswith(f"{simulator.url}/login/oauth/authorize?")
    gateway = Gateway(url.host, "http", url.port, "login", "api")
    assert SavedSignIn(token_file).target() == SignInTarget(
        simulator.client_id, "us_east_1", gateway=gateway
    )
    who = run("whoami", "--token-file", token_file)
    assert "region  us_east_1 through the gateway 127.0.0.1" in who.output
    assert run("logout", "--token-file", token_file).exit_code == 0
    assert {each.path.split("/api/v2")[0] for each in list(simulator.simulator.state.log)[-3:]} == {
        "/api"
    }


def test_a_token_that_the_platform_takes_no_more(simulator, token_file, monkeypatch):
    assert logged_in(simulator, token_file, monkeypatch, "--grant", "implicit").exit_code == 0
    simulator.simulator.state.tokens.clear()
    who = run("whoami", "--token-file", token_file)
    assert who.exit_code == 3
    assert "rejected the token" in who.stderr
    assert "genesys-cloud login" in who.stderr
    out = run("logout", "--token-file", token_file)
    assert (out.exit_code, out.output) == (0, "Signed out.\n")


@pytest.mark.parametrize("end", [None, 1e12, 1e300])
def test_a_token_without_an_end(simulator, token_file, end):
    place = SignInTarget(simulator.client_id, host=simulator.url)
    SavedSignIn(token_file).save(place, Token(simulator.access_token(), expires_at=end))
    assert "token   expiry unknown" in (run("whoami", "--token-file", token_file).output)


def test_settings_without_a_token_are_no_sign_in(token_file):
    signed_in = SavedSignIn(token_file)
    place = SignInTarget("c", host="http://127.0.0.1:1")
    signed_in.save(place, Token("a"))
    signed_in.store.delete(place.key)
    assert run("whoami", "--token-file", token_file).exit_code == 3
    assert run("logout", "--token-file", token_file).output == "Signed out.\n"
    assert signed_in.target() is None


@pytest.mark.parametrize("refresh_token", [None, "hunter3"])
def test_a_sign_in_while_the_old_token_is_revoked_stays(token_file, monkeypatch, refresh_token):
    """The new sign-in waits for the end of the sign-out; it would be deleted otherwise."""
    new = Token("new", refresh_token=refresh_token)
    signing_in = []

    def answer(_):
        # Like another process, while the request that revokes the old token is under way.
        again = threading.Thread(target=SavedSignIn(token_file).save, args=(place, new))
        again.start()
        signing_in.append(again)
        again.join(0.2)
        return Reply(204)

    with scripted_server(answer) as server:
        place = SignInTarget("c", host=server.url)
        SavedSignIn(token_file).save(place, Token("hunter2", refresh_token=refresh_token))
        assert run("logout", "--token-file", token_file).output == "Signed out.\n"
    (again,) = signing_in
    again.join()
    assert SavedSignIn(token_file).load() == (place, new)


def test_signing_out_while_the_platform_is_away(token_file):
    place = SignInTarget("c", host=f"http://127.0.0.1:{free_port()}")
    SavedSignIn(token_file).save(place, Token("hunter2"))
    who = run("whoami", "--token-file", token_file)
    assert who.exit_code == 9
    assert who.stderr.startswith("genesys-cloud whoami: ")
    out = run("logout", "--token-file", token_file)
    assert out.exit_code == 9
    assert "signed out on this machine, but the platform did not revoke the token: " in out.stderr
    assert "hunter2" not in out.output + who.output + token_file.read_text()
    assert run("logout", "--token-file", token_file).output == "Not signed in.\n"


@pytest.mark.slow
def test_as_a_process_without_a_browser(token_file):
    with running_simulator(Simulator(bundled_definition())) as running:
        process = subprocess.Popen(
            [
                *(sys.executable, "-W", "error", "-m", "genesys_cloud.cli", "login"),
                *("--host", running.url, "--client-id", running.client_id),
                *("--no-browser", "--token-file", str(token_file)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process.stdout.readline()
        url = process.stdout.readline().partition("Sign in here: ")[2].strip()
        browser = ScriptedBrowser(running)
        browser.opened(url)
        browser.join()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("Signed in.")
