"""What people see and type: an editor, a terminal without colours, a repeated call."""

import json
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from genesys_cloud.simulator import running_simulator
from tests.helpers.command import COMMAND, run_command
from tests.helpers.pseudo_terminal import run_in_terminal

pytestmark = [
    pytest.mark.usefixtures("clean_home"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals"),
]

CREATE = ("routing", "post_routing_queues")


@pytest.fixture(scope="module")
def platform():
    with running_simulator() as running:
        yield running


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch, platform, clean_home):
    monkeypatch.setenv("GENESYSCLOUD_HOST", platform.url)
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", platform.client_id)
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", platform.client_secret)


def editor(tmp_path, monkeypatch, script):
    program = tmp_path / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{program} --wait")


def test_a_body_from_an_editor(tmp_path, monkeypatch):
    editor(
        tmp_path,
        monkeypatch,
        f'cp "$2" {tmp_path}/seen; printf "name: no\\ndate: 2024-01-01\\n" > "$2"',
    )
    done = run_command(*CREATE, "--edit", "--dry-run")
    assert done.code == 0, done.err
    # YAML 1.2: neither a boolean nor a date.
    assert json.loads(done.out.partition("\n\n")[2]) == {"name": "no", "date": "2024-01-01"}
    skeleton = (tmp_path / "seen").read_text().splitlines()
    assert skeleton[0] == "# CreateQueueRequest: save and quit to send this body"
    assert skeleton[1] == 'name: ""'
    assert not any(line.startswith(("id:", "selfUri:")) for line in skeleton)


def test_an_editor_begins_with_the_fields_given(tmp_path, monkeypatch):
    editor(tmp_path, monkeypatch, 'echo "description: x" >> "$2"')
    done = run_command(*CREATE, "name=A", "--edit", "--dry-run")
    assert json.loads(done.out.partition("\n\n")[2]) == {"name": "A", "description": "x"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "ended with exit code 3"),
        ("true", "the body was not changed; nothing was sent"),
        ('echo "[" > "$2"', "--edit: not valid JSON"),
        ("printf '\\351' > \"$2\"", "--edit: not UTF-8 text"),
    ],
)
def test_an_editor_that_gives_no_body(tmp_path, monkeypatch, script, words):
    editor(tmp_path, monkeypatch, script)
    done = run_command(*CREATE, "--edit")
    assert done.code == 2
    assert words in done.err


def test_what_was_written_in_an_editor_is_not_lost(tmp_path, monkeypatch):
    editor(tmp_path, monkeypatch, 'printf "name: A\\nqueue: [\\n" > "$2"')
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = run_command(*CREATE, "--edit")
    assert done.code == 2
    kept = Path(done.err.strip().rpartition("--body @")[2])
    assert kept.parent == tmp_path
    assert kept.read_text() == "name: A\nqueue: [\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 6, "name"),  # the platform rejects a queue without a name
        (("--query", "["), 2, "--query"),
        (("--from-file", "none.csv"), 2, "none.csv"),
    ],
)
def test_a_body_from_an_editor_is_kept_if_the_command_fails(
    tmp_path, monkeypatch, words, code, message
):
    editor(tmp_path, monkeypatch, 'printf "description: A\n" > "$2"')
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = run_command(*CREATE, "--edit", *words)
    kept, _, error = done.err.partition("\n")
    path = Path(kept.rpartition("--body @")[2])
    assert path.parent == tmp_path
    assert path.read_text() == "description: A\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert message in error
    assert done.code == code
    if not words:
        assert run_command(*CREATE, "--body", f"@{path}", "name=B").code == 0


def test_a_body_from_an_editor_is_not_kept_if_the_command_succeeds(tmp_path, monkeypatch):
    editor(tmp_path, monkeypatch, 'printf "name: kept\n" > "$2"')
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run_command(*CREATE, "--edit").code == 0
    assert not list(tmp_path.glob("genesys-cloud-body-*"))


def test_a_terminal_shows_a_table_that_fits(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = run_in_terminal("users", "get_users", "--limit", "3")
    assert shown.code == 0
    assert "\x1b[1m" in shown.text
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run_in_terminal("users", "get_users", "--limit", "3")
    assert "\x1b" not in plain.text
    assert all(len(line) <= 40 for line in plain.lines)
    assert plain.lines[0].split() == ["id"]


@pytest.mark.slow
def test_a_call_is_repeated_until_ctrl_c():
    process = subprocess.Popen(
        [*COMMAND, "users", "get_users_me", "--query", "name", "--watch", "10ms"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert [process.stdout.readline() for _ in range(3)] == ['"User 001"\n'] * 3
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (130, "")
    assert run_command("users", "get_users_me", "--watch", "x").code == 2
