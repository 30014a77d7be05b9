"""The command in shells on a real terminal: the Tab key, tables, progress, Ctrl-C, pipes."""

import collections
import json
import os
import re
import shutil
import sys
import threading
import time

import pytest

from genesys_cloud.simulator import running_simulator
from tests.helpers.server import Reply, scripted_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("clean_home"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals"),
]

START = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(genesys-cloud completion bash)"'),
    "zsh": (
        ["-f", "-i"],
        'autoload -Uz compinit && compinit -u -D; eval "$(genesys-cloud completion zsh)"',
    ),
    "fish": (["--no-config", "--private", "-i"], "genesys-cloud completion fish | source"),
}
"""Arguments of each shell, and what switches completion on."""


@pytest.fixture(scope="module")
def platform():
    with running_simulator() as running:
        yield running


@pytest.fixture
def settings(platform, programs, clean_home):
    """The environment of a shell whose user is signed in."""
    return {
        **{name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "CI"}},
        "PATH": programs,
        "HOME": str(clean_home),
        "PS1": "> ",
        "INPUTRC": "/dev/null",
        "LC_ALL": "C.UTF-8",
        "GENESYSCLOUD_HOST": platform.url,
        "GENESYSCLOUD_OAUTHCLIENT_ID": platform.client_id,
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": platform.client_secret,
    }


@pytest.fixture
def open_shell(settings):
    """Start a shell in a terminal; it is ended after the test."""
    pexpect = pytest.importorskip("pexpect")
    opened = []

    def start(shell, *, columns=200, term="dumb", **environment):
        program = shutil.which(shell)
        if program is None:
            pytest.skip(f"needs {shell}")
        terminal = pexpect.spawn(
            program,
            START[shell][0],
            env={**settings, "TERM": term, **environment},
            encoding="utf-8",
            timeout=60,
            dimensions=(24, columns),
        )
        opened.append(terminal)
        return terminal

    yield start
    for each in opened:
        each.close(force=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_tab_key(shell, open_shell):
    terminal = open_shell(shell)
    terminal.sendline(f'{START[shell][1]}; echo rea""dy')
    terminal.expect("ready")
    for typed, completed in (
        ("genesys-cloud whoa", "genesys-cloud whoami "),
        ("genesys-cloud users get_users_me_", "get_users_me_verifiers "),
        ("genesys-cloud users get_users --state inac", "--state inactive "),
        ("genesys-cloud users get_users --limit 1 --colu", "--columns "),
    ):
        terminal.send(f"\x15{typed}\t")  # ^U clears the line
        terminal.expect_exact(completed)
    terminal.send("name\r")
    terminal.expect("User 001")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_tab_key_knows_the_names_of_queues(shell, open_shell):
    terminal = open_shell(shell)
    terminal.sendline(f'genesys-cloud completion --refresh; {START[shell][1]}; echo rea""dy')
    terminal.expect("ready")
    terminal.send("\x15genesys-cloud routing get_routing_queue Queue\\ 001\t")
    terminal.send(" --query name\r")
    terminal.expect(r"value\s+Queue 001")  # a table of one cell


def screen(terminal):
    """What the terminal got since the last expectation, up to the next prompt."""
    terminal.expect_exact("done:0")
    return terminal.before


def test_a_table_of_forty_columns_with_and_without_colours(open_shell):
    terminal = open_shell("bash", columns=40, term="xterm")
    terminal.sendline("bind 'set enable-bracketed-paste off'; stty -echo; echo rea\"\"dy")
    terminal.expect("ready")
    listing = "genesys-cloud users get_users --limit 3 --columns name,email"
    terminal.sendline(f"{listing}; echo done:$?")
    coloured = screen(terminal)
    assert "\x1b[1m" in coloured
    terminal.sendline(f"NO_COLOR=1 {listing}; echo done:$?")
    plain = [line for line in screen(terminal).split("\r\n") if "User" in line or "@" in line]
    assert len(plain) >= 3
    assert not any("\x1b[" in line for line in plain)
    assert all(len(line.removeprefix("> ")) <= 40 for line in plain)


def test_a_pipe_that_is_closed(open_shell):
    terminal = open_shell("bash")
    terminal.sendline('stty -echo; echo rea""dy')
    terminal.expect("ready")
    many = (
        "genesys-cloud users get_users --all --query 'map(&id, @)' -o jsonl | head -c 1 >/dev/null"
    )
    terminal.sendline(
        f"{many}; genesys-cloud users get_users --all -o jsonl | head -1 | wc -l; echo done:$?"
    )
    shown = screen(terminal)
    assert "Traceback" not in shown
    assert "genesys-cloud:" not in shown
    assert shown.split()[-1] == "1"


class Queues:
    """Creates queues and counts them by name; the second half waits for a signal."""

    def __init__(self):
        self.names = collections.Counter()
        self.opened = threading.Event()

    def __call__(self, seen):
        time.sleep(0.02)  # so that the first half lasts long enough to show its progress
        if self.names.total() >= 200:
            self.opened.wait(60)
        name = json.loads(seen.body)["name"]
        self.names[name] += 1
        return Reply(json={"id": name, "name": name})


def test_ctrl_c_in_the_middle_of_a_bulk_run_and_what_it_says(open_shell, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"name": "Q{n}"}}\n' for n in range(400)))
    queues = Queues()
    with scripted_server(queues) as server:
        terminal = open_shell(
            "bash", GENESYSCLOUD_HOST=server.url, GENESYSCLOUD_ACCESS_TOKEN="a" * 40
        )
        terminal.sendline(f'cd {tmp_path}; stty -echo; echo rea""dy')
        terminal.expect("ready")
        command = "genesys-cloud routing post_routing_queues --query name"
        terminal.sendline(
            f"{command} --from-file rows.jsonl --parallel 2 >> done.jsonl; echo code:$?"
        )
        terminal.expect(r"\r\d+ rows, [\d.,]+/s")
        terminal.sendintr()
        terminal.expect("finishing running rows")
        queues.opened.set()
        terminal.expect(r"continue with (--from-file rows.jsonl --resume rows.jsonl.journal)")
        resume = terminal.match.group(1)
        terminal.expect("code:130")
        done = len(rows_of(tmp_path))
        assert 0 < done < 400
        terminal.sendline(f"{command} {resume} >> done.jsonl; echo code:$?")
        terminal.expect(r"(\d+) done in [\d.]+ s, (\d+) finished earlier")
        assert [int(each) for each in terminal.match.groups()] == [400 - done, done]
        terminal.expect("code:0")
    assert [each["result"] for each in rows_of(tmp_path)] == [f"Q{n}" for n in range(400)]
    assert set(queues.names.values()) == {1}
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [
        "done.jsonl",
        "rows.jsonl",
    ]


def rows_of(folder):
    return [json.loads(line) for line in folder.joinpath("done.jsonl").read_text().splitlines()]


def test_progress_of_a_listing(open_shell, tmp_path):
    """It is on the terminal while the output goes to a file."""

    def pages(seen):
        time.sleep(0.1)
        page = int(dict(seen.query).get("pageNumber", "1"))
        users = [{"id": f"u-{page}-{n}"} for n in range(100)]
        return Reply(json={"entities": users, "total": 800, "pageCount": 8, "pageNumber": page})

    with scripted_server(pages) as server:
        terminal = open_shell(
            "bash", GENESYSCLOUD_HOST=server.url, GENESYSCLOUD_ACCESS_TOKEN="a" * 40
        )
        file = tmp_path / "users.jsonl"
        terminal.sendline(f"genesys-cloud users get_users --all -o id > {file}; echo code:$?")
        terminal.expect(r"\r\d+ of 800 items, [\d.,]+/s, \d+ s left")
        terminal.expect("code:0")
    assert len(file.read_text().split()) == 800
    assert not re.search(r"\d+ of 800", file.read_text())
