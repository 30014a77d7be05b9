"""The demo, in this process."""

import html
import io
import re
import sys

import pytest
from typer import Exit

from genesys_cloud import demo
from genesys_cloud.cli import demo as demo_command
from genesys_core.errors import ConnectError
from tests.helpers.demo_picture import PICTURE
from tests.helpers.threads import threads_end

EXPECTED = (
    "GET /api/v2/users/me",
    "  name      User 001",
    "  presence  Available",
    "GET /api/v2/users: 60 users on 3 pages",
    "  and 55 more",
    "GET /api/v2/routing/queues: 5 queues",
    "  presence  BUSY",
)


@pytest.mark.parametrize("missing", [None, "rich", "rich.console"])
def test_it_reads_the_same_with_and_without_rich(monkeypatch, missing):
    if missing is not None:
        monkeypatch.setitem(sys.modules, missing, None)
        monkeypatch.delitem(sys.modules, "rich.table", raising=False)
    out = io.StringIO()
    assert demo.run_demo(out) == 0
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert lines[0].startswith("Simulated platform on http://127.0.0.1:")
    assert all(expected in lines for expected in EXPECTED)


def test_the_picture_in_the_readme_shows_what_it_prints():
    """``python -m tests.helpers.demo_picture`` draws it again."""
    out = io.StringIO()
    assert demo.run_demo(out) == 0
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", PICTURE.read_text(encoding="utf-8"))
    shown = [html.unescape(text).replace("\xa0", " ").rstrip() for text in texts]
    for line in out.getvalue().splitlines()[1:]:  # the first one has a port
        assert line.rstrip() in shown


def test_it_prints_to_standard_output_and_leaves_no_thread(capsys):
    with threads_end():
        assert demo.run_demo() == 0
    shown = capsys.readouterr()
    assert "60 users" in shown.out
    assert shown.err == ""


def test_a_failed_call_is_one_line_and_exit_code_1(monkeypatch, capsys):
    def fail(_):
        raise ConnectError("no connection", sent=False)

    monkeypatch.setattr(demo, "explore_platform", fail)
    with pytest.raises(Exit) as ended:
        demo_command.demo()
    assert ended.value.exit_code == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "genesys-cloud demo: no connection\n")


def test_it_finds_all_users_by_the_public_client():
    with demo.running_simulator() as simulator:
        found = demo.explore_platform(simulator)
    assert found.me.name == "User 001"
    assert [user.name for user in found.everybody] == [f"User {n:03d}" for n in range(1, 61)]
    assert [queue.name for queue in found.queues] == [f"Queue {n:03d}" for n in range(1, 6)]
    assert found.heard.topic_name == f"v2.users.{found.me.id}.presence"
    assert simulator.simulator.count("POST", "/oauth/token") == 1
