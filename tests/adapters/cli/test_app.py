"""The command ``genesys-cloud``, run as users run it."""

import os
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

import genesys_cloud
from genesys_cloud import definition as definition_files
from genesys_cloud.cli import main
from genesys_cloud.cli import simulate as simulate_command
from genesys_cloud.cli.app import app
from genesys_core.command_line.own_commands import OWN_COMMANDS, root_page
from genesys_core.errors import ConfigurationError
from tests.helpers.command import run_command
from tests.helpers.server import Reply, scripted_server

httpx = pytest.importorskip("httpx")

COMMAND = (sys.executable, "-W", "error", "-m", "genesys_cloud.cli")


def run(*arguments):
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, encoding="utf-8"
    )


def invoke(*arguments):
    return CliRunner().invoke(app, arguments)


def test_help_names_the_commands(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for arguments, code in ((["--help"], 0), (["--host", "x", "-h"], 0), ([], 2)):
        done = run_command(*arguments)
        assert (done.code, done.out) == (code, f"{root_page(80)}\n")


def test_the_page_has_the_words_of_the_commands():
    commands = typer.main.get_command(app).commands
    first = {
        name: " ".join((each.help or "").split("\n\n")[0].split())
        for name, each in commands.items()
    }
    assert first == OWN_COMMANDS


def test_the_version():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"genesys-cloud {genesys_cloud.__version__}\n")
    assert invoke("--version").output == done.stdout


def test_a_command_that_does_not_exist():
    for word, similar in (("usres", "users"), ("whoiam", "whoami")):
        done = run_command(word)
        assert done.code == 2
        assert (
            done.err == f"genesys-cloud: {word}: no such command or API; did you mean {similar}?\n"
        )
    assert run("dance").returncode == 2


@pytest.mark.slow
def test_demo_shows_what_came_back():
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for expected in (
        "token requests  1",
        "User 001",
        "user001@example.com",
        "Available",
        "60 users on 3 pages",
        "and 55 more",
        "5 queues",
    ):
        assert expected in done.stdout


def test_asking_for_help_loads_neither_client_nor_server():
    code = (
        "import sys; from genesys_cloud.cli.app import app; "
        "print(sorted({'httpx', 'asyncio', 'genesys_core.models'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""The environment without a variable by which every line would be written at once."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such streams")
@pytest.mark.parametrize(
    "words",
    [["--help"], ["apis"], ["call", "GET", "/x", "--dry-run", "--host", "http://127.0.0.1:9"]],
)
def test_output_that_nobody_can_receive(words):
    """The interpreter writes short output when it ends, and would end with exit code 120."""
    command = [*COMMAND, *words]
    reading, writing = os.pipe()
    os.close(reading)
    with Path("/dev/full").open("wb") as full:
        closed, full_disk = (
            subprocess.run(
                command, stdout=target, stderr=subprocess.PIPE, env=BUFFERED, check=False
            )
            for target in (writing, full.fileno())
        )
    os.close(writing)
    assert (closed.returncode, closed.stderr) == (141, b"")
    assert (full_disk.returncode, full_disk.stderr) == (
        1,
        b"genesys-cloud: cannot write: No space left on device\n",
    )
    with Path("/dev/full").open("wb") as full:
        wrong = subprocess.run([*COMMAND, "nosuch"], stderr=full, env=BUFFERED, check=False)
    assert wrong.returncode == 2
    shell = f"{shlex.join(command)} >&- 2>&-"
    assert subprocess.run(["sh", "-c", shell], env=BUFFERED, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such streams")
def test_standard_input_may_be_closed():
    """As in jobs of some schedulers."""
    with scripted_server(lambda _: Reply(status=403, json={"message": "no"})) as server:
        for words, code, message in (
            ("users get_users_me", 4, "no (403"),
            ("users patch_user u-1 --body -", 2, "needs a body"),
        ):
            shell = f"{shlex.join(COMMAND)} {words} --host {server.url} <&-"
            done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
            assert (done.returncode, "Traceback" in done.stderr) == (code, False)
            assert message in done.stderr


@contextmanager
def simulating(*arguments):
    """``simulate`` as a process, and its first lines as a dictionary."""
    process = subprocess.Popen(
        [*COMMAND, "simulate", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        head = process.stdout.readline()
        facts = dict(process.stdout.readline().strip().split("  ", 1) for _ in range(4))
        facts["url"] = head.split(" on ")[1].split()[0]
        yield process, {name.strip(): value.strip() for name, value in facts.items()}
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_simulate_serves_until_it_is_told_to_end(end):
    with simulating("--port", "0", "--users", "3", "--rate-limit", "2") as (process, facts):
        with httpx.Client(base_url=facts["url"], trust_env=False) as client:
            token = client.post(
                "/oauth/token",
                auth=(facts["client id"], facts["client secret"]),
                data={"grant_type": "client_credentials"},
            ).json()["access_token"]
            bearer = {"Authorization": f"Bearer {token}"}
            statuses = [client.get("/api/v2/users", headers=bearer) for _ in range(3)]
        assert [each.status_code for each in statuses] == [200, 200, 429]
        assert statuses[0].json()["total"] == 3
        process.send_signal(end)
        out, err = process.communicate()
        assert (process.returncode, out, err) == (0, "", "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(facts["url"], trust_env=False)


@pytest.mark.slow
def test_simulate_on_a_port_that_is_taken():
    with simulating() as (_, facts):
        port = facts["url"].rpartition(":")[2]
        done = run("simulate", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"genesys-cloud simulate: 127.0.0.1:{port}: ")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_simulate_with_data_of_a_file(tmp_path):
    path = tmp_path / "data.json"
    path.write_text('{"/api/v2/routing/skills": [{"name": "Spanish"}]}', encoding="utf-8")
    with (
        simulating("--data", str(path), "--strict", "--enforce-permissions") as (_, facts),
        httpx.Client(base_url=facts["url"], trust_env=False) as client,
    ):
        credentials = (facts["client id"], facts["client secret"])
        grant = {"grant_type": "client_credentials"}
        token = client.post("/oauth/token", auth=credentials, data=grant).json()
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        listed = client.get("/api/v2/routing/skills", headers=bearer).json()["entities"]
        assert client.get("/api/v2/users?state=odd", headers=bearer).status_code == 400
    assert [each["name"] for each in listed] == ["Spanish"]
    path.write_text('{"/api/v2/nothing": []}', encoding="utf-8")
    done = run("simulate", "--data", str(path))
    assert done.returncode == 1
    assert done.stderr == (
        "genesys-cloud simulate: data: /api/v2/nothing: the definition has no such path\n"
    )


@pytest.mark.slow
def test_simulate_options(monkeypatch):
    monkeypatch.setattr(simulate_command, "_wait_for_interrupt", lambda: None)
    plain = invoke("simulate").output
    assert plain.startswith("Simulated platform on http://127.0.0.1:")
    assert invoke("simulate", "--seed", "1").output.splitlines()[1:] != plain.splitlines()[1:]
    assert invoke("simulate", "--port", "70000").exit_code == 2
    assert invoke("simulate", "--traffic", "10/min").exit_code == 0
    often = invoke("simulate", "--traffic", "often")
    assert (often.exit_code, "10/min" in often.stderr) == (1, True)


@pytest.mark.slow
def test_simulate_says_where_each_answer_comes_from():
    lines = invoke("simulate", "--coverage").output.splitlines()
    assert "handler  GET    /api/v2/users/me" in lines
    assert "rule A   POST   /api/v2/groups" in lines
    assert "topic    v2.flows.{id}  /api/v2/flows/{}" in lines
    sources = [line.split()[2] for line in lines if line.startswith("topic ")]
    by_rule = [each for each in sources if each not in {"handler", "none"}]
    assert [line.split() for line in lines if " topics: rule" in line] == [
        [str(len(by_rule)), "topics:", "rule"]
    ]
    assert lines[-1].endswith(" rule S")
    examples = invoke("simulate", "--coverage", "--no-stateful").output.splitlines()
    assert [line.split()[1] for line in examples[-2:]] == ["example", "handler"]


@pytest.mark.parametrize(
    ("changed", "check", "expected", "code"),
    [
        ([], False, "", 0),
        (["a.py"], False, "written: a.py\n", 0),
        ([], True, "", 0),
        (["a.py", "b.py"], True, "not current: a.py\nnot current: b.py\n", 1),
    ],
)
def test_definition_generate_says_what_it_did(
    *, monkeypatch, tmp_path, changed, check, expected, code
):
    asked = {}

    def generate(root, **options):
        options.pop("on_finding")("a finding")
        asked.update(options, root=root)
        return changed

    monkeypatch.setattr(definition_files, "generate", generate)
    files = ["--root", str(tmp_path), "--definition", "d.json", "--topics", "t.json"]
    done = invoke("definition", "generate", *files, *(["--check"] if check else []))
    assert (done.stdout, done.stderr, done.exit_code) == (expected, "a finding\n", code)
    assert {name: str(value) for name, value in asked.items()} == {
        "root": str(tmp_path),
        "definition": "d.json",
        "topics": "t.json",
        "check": str(check),
        "strict": "False",
        "package": "None",
    }


@pytest.mark.slow
def test_an_error_of_the_library_is_one_line(tmp_path):
    done = run("definition", "generate", "--definition", str(tmp_path / "missing.json"))
    assert done.returncode == 2
    assert done.stderr.startswith("genesys-cloud: ")
    assert "missing.json" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("missing", "extra", "arguments"),
    [
        ("typer", "cli", ["apis"]),
        ("yaml", "cli", ["call", "POST", "/x", "--body", "a: b"]),
    ],
)
def test_without_an_extra_it_says_which_to_install(missing, extra, arguments):
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv[1:] = {arguments!r}; "
        "from genesys_cloud.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        f"genesys-cloud: {missing} is not installed; pip install 'genesys-cloud[{extra}]'\n"
    )


def test_main_ends_with_the_commands_exit_code(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["genesys-cloud", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert capsys.readouterr().out.startswith("genesys-cloud ")


def test_main_reports_errors_of_the_library_and_of_nothing_else(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["genesys-cloud", "whoami"])

    def failing_with(error):
        def fail():
            raise error

        monkeypatch.setattr("genesys_cloud.cli.app.app", fail)

    failing_with(ConfigurationError("region 'x': no such region"))
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err == "genesys-cloud: region 'x': no such region\n"
    failing_with(ModuleNotFoundError("No module named 'typer.x'", name="typer.x"))
    with pytest.raises(SystemExit, match=r"genesys-cloud\[cli\]"):
        main()
    failing_with(ModuleNotFoundError("No module named 'other'", name="other"))
    with pytest.raises(ModuleNotFoundError, match="other"):
        main()
