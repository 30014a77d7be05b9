"""What came from outside reaches no terminal as it is, in any command."""

import json
import socket
import sys
import threading
import webbrowser

import pytest

from genesys_cloud.cli.app import app
from genesys_cloud.sign_in.saved_sign_in import SavedSignIn, SignInTarget
from genesys_cloud.simulator import running_simulator
from genesys_core.oauth.tokens import Token
from tests.helpers.pseudo_terminal import HOSTILE, run_in_terminal
from tests.helpers.server import Reply, scripted_server
from tests.strategies.loopback import query_of

httpx = pytest.importorskip("httpx")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")

TOPIC = "v2.users.user-1.presence"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch, tmp_path):
    for name in ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "TOKEN_FILE", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def told(path, url):
    """A saved sign-in at a platform, its client's id hostile too."""
    SavedSignIn(path).save(SignInTarget("client", host=url), Token("a" * 40))
    return "--token-file", path


def platform(seen):
    if seen.path == "/api/v2/users/me":
        return Reply(json={"name": f"Ann {HOSTILE}", "email": HOSTILE})
    return Reply(json={"organization": {"name": HOSTILE}})


def refusing(seen):
    return Reply(400, {"message": f"no {HOSTILE}", "code": HOSTILE, "contextId": HOSTILE})


def whoami(tmp_path, monkeypatch):
    with scripted_server(platform) as server:
        return run_in_terminal("whoami", *told(tmp_path / "tokens.json", server.url))


def whoami_refused(tmp_path, monkeypatch):
    with scripted_server(refusing) as server:
        return run_in_terminal("whoami", *told(tmp_path / "tokens.json", server.url))


def logout(tmp_path, monkeypatch):
    with scripted_server(refusing) as server:
        return run_in_terminal("logout", *told(tmp_path / "tokens.json", server.url))


def login(tmp_path, monkeypatch):
    def refuse(url):
        asked = query_of(url)
        said = {"error": "access_denied", "error_description": HOSTILE, "state": asked["state"]}
        visits.append(
            threading.Thread(
                target=httpx.get,
                args=(asked["redirect_uri"],),
                kwargs={"params": said, "trust_env": False},
            )
        )
        visits[0].start()
        return True

    visits: list[threading.Thread] = []
    monkeypatch.setattr(webbrowser, "open", refuse)
    where = ("--host", "http://127.0.0.1:1", "--client-id", f"c{HOSTILE}")
    try:
        return run_in_terminal("login", *where, "--token-file", tmp_path / "tokens.json")
    finally:
        visits[0].join()


def listen(tmp_path, monkeypatch, *arguments):
    with running_simulator() as simulator:
        monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", simulator.client_id)
        monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", simulator.client_secret)

        def publish(terminal):
            terminal.wait_for("[Subscribed]")
            simulator.publish(TOPIC, {"message": HOSTILE, HOSTILE: 1})

        where = ("--host", simulator.url, "--count", "1", "--token-file", tmp_path / "none")
        return run_in_terminal("listen", TOPIC, *where, *arguments, meanwhile=publish)


def listen_json(tmp_path, monkeypatch):
    return listen(tmp_path, monkeypatch, "--json")


def listen_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "a" * 40)
    with scripted_server(refusing) as server:
        where = ("--host", server.url, "--token-file", tmp_path / "none")
        return run_in_terminal("listen", TOPIC, *where)


def config_check(tmp_path, monkeypatch):
    path = tmp_path / "config"
    path.write_text("[general]\nhost = a\x1b[2J\x9b2J\u202e\n[x\x9b]\nk\u202ey = \x1b]0;t\x07\n")
    return run_in_terminal("config", "check", path)


def config_show(tmp_path, monkeypatch):
    path = tmp_path / "config\x9b2J\u202e"
    path.write_text("[logging]\nlog_file_path = a\x1b]0;t\x07\x1b[2J\x9b2J\u202e\n")
    return run_in_terminal("config", "show", path)


def definition_fetch(tmp_path, monkeypatch):
    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "a" * 40)
    with scripted_server(refusing) as server:
        where = ("--host", server.url, "--output", tmp_path)
        return run_in_terminal("definition", "fetch", *where)


def definition_diff(tmp_path, monkeypatch):
    def document(name, path):
        answer = {"200": {"description": HOSTILE}}
        operation = {"operationId": f"get{HOSTILE}", "tags": [HOSTILE], "responses": answer}
        text = {"swagger": "2.0", "paths": {path: {"get": operation}}, "definitions": {}}
        (tmp_path / name).write_text(json.dumps(text))
        return tmp_path / name

    old, new = document("old.json", "/api/v2/x"), document("new.json", f"/api/v2/{HOSTILE}")
    return run_in_terminal("definition", "diff", old, new)


def definition_generate(tmp_path, monkeypatch):
    return run_in_terminal("definition", "generate", "--definition", tmp_path / "\x1b[2J\u202e")


def definition_reference(tmp_path, monkeypatch):
    missing = tmp_path / "\x1b[2J\u202e"
    return run_in_terminal("definition", "reference", "--output", tmp_path, "--definition", missing)


def simulate(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return run_in_terminal("simulate", "--port", taken.getsockname()[1])


def demo(tmp_path, monkeypatch):
    return run_in_terminal("demo")


def hostile(seen):
    user = {"id": HOSTILE, "name": f"Ann {HOSTILE}", HOSTILE: [HOSTILE], "x": {"name": HOSTILE}}
    return Reply(json={"entities": [user], "total": 1}, headers=(("ININ-Correlation-Id", "c"),))


def operation(*options, respond=hostile):
    def run(tmp_path, monkeypatch):
        monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "a" * 40)
        with scripted_server(respond) as server:
            return run_in_terminal("--host", server.url, *options)

    run.__name__ = " ".join(options).replace(HOSTILE, "hostile")
    return run


def as_it_is(seen):
    """A body with the characters themselves, in which line breaks are its own."""
    return Reply(body=f'{{"name": "{HOSTILE}"}}'.replace("\r", "").replace("\n", " ").encode())


def describe(tmp_path, monkeypatch):
    return run_in_terminal("describe", HOSTILE)


def apis(tmp_path, monkeypatch):
    return run_in_terminal("apis", "queues", HOSTILE[:0])


def export(tmp_path, monkeypatch):
    """The platform refuses; the refusal is shown with what it said."""
    run = operation("export", "users", "--out", str(tmp_path / "out"), respond=refusing)
    return run(tmp_path, monkeypatch)


def export_unknown(tmp_path, monkeypatch):
    run = operation("export", HOSTILE, "--out", str(tmp_path / "out"), respond=refusing)
    return run(tmp_path, monkeypatch)


def recordings(tmp_path, monkeypatch):
    """The platform refuses, and names of conversations are hostile too."""
    where = ("--out", str(tmp_path / "out"))
    return operation("recordings", "download", HOSTILE, *where, respond=refusing)(
        tmp_path, monkeypatch
    )


LISTING = ("users", "get_users", "--all")
COMMANDS = {
    "call": (
        operation("call", "GET", "/api/v2/users"),
        operation("call", "GET", f"/api/v2/{HOSTILE}", "--dry-run"),
        operation("call", HOSTILE, "/api/v2/users"),
        *(operation(*LISTING, "-o", name) for name in ("json", "jsonl", "yaml", "csv", "table")),
        operation(*LISTING, "-o", "id", "--verbose"),
        operation(*LISTING, "--columns", f"name,{HOSTILE}"),
        operation("users", "get_users_me"),
        operation("users", "get_users_me", "--raw", respond=as_it_is),
        operation("users", "get_users_me", respond=refusing),
        operation("users", HOSTILE),
        operation("users", "get_users", f"--{HOSTILE}"),
        operation("users", "post_users", f"name={HOSTILE}", "--dry-run"),
        operation("users", "post_users", f"name={HOSTILE}", "--curl"),
        operation("users", "get_users", "--query", HOSTILE),
    ),
    "apis": (apis,),
    "doctor": (operation("doctor", respond=refusing),),
    "completion": (operation("completion", "--refresh", respond=refusing),),
    "jobs": (
        operation("jobs", HOSTILE),
        operation("jobs", "run", "users", HOSTILE),
        operation(
            "jobs",
            "wait",
            "analytics",
            "get_analytics_users_details_job",
            HOSTILE,
            respond=refusing,
        ),
    ),
    "describe": (describe,),
    "config check": (config_check,),
    "config show": (config_show,),
    "definition diff": (definition_diff,),
    "definition fetch": (definition_fetch,),
    "definition generate": (definition_generate,),
    "definition reference": (definition_reference,),
    "demo": (demo,),
    "export": (export, export_unknown),
    "listen": (listen, listen_json, listen_refused),
    "login": (login,),
    "logout": (logout,),
    "recordings download": (recordings,),
    "simulate": (simulate,),
    "whoami": (whoami, whoami_refused),
}
"""Each command with the ways in which something from outside comes into its output."""

RUNS = [run for runs in COMMANDS.values() for run in runs]


def names_of(typer_app, prefix=""):
    for command in typer_app.registered_commands:
        yield f"{prefix}{command.name or command.callback.__name__}"
    for group in typer_app.registered_groups:
        yield from names_of(group.typer_instance, f"{group.name} ")


def test_no_command_is_left_out():
    assert set(names_of(app)) == set(COMMANDS)


@pytest.mark.parametrize("run", RUNS, ids=[run.__name__ for run in RUNS])
def test_a_terminal_shows_what_came_from_outside_and_obeys_none_of_it(run, tmp_path, monkeypatch):
    terminal = run(tmp_path, monkeypatch)
    assert terminal.text
    assert terminal.obeyed() == []
    assert not any(line.startswith("forged") for line in terminal.lines)
    # The first three talk to themselves alone, and reasons of the last are in its file of failures.
    if run not in {apis, demo, simulate, recordings}:
        assert "\\x1b" in terminal.text or "\\u001b" in terminal.text or "%1B" in terminal.text


def test_json_lines_still_say_what_came(tmp_path, monkeypatch):
    terminal = listen_json(tmp_path, monkeypatch)
    (line,) = [line for line in terminal.lines if line.startswith("{")]
    assert json.loads(line)["eventBody"] == {"message": HOSTILE, HOSTILE: 1}
