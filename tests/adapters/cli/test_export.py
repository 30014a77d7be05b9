"""``genesys-cloud export``, as a process of its own against a server with seeded conversations."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from genesys_cloud.cli.export import _read_body
from genesys_cloud.export import read_records, read_status
from genesys_core.errors import TimeoutError  # noqa: A004
from tests.helpers.command import limited_files, run_command
from tests.helpers.conversations_server import conversations_server

pytestmark = pytest.mark.slow

LIMIT = 60


@pytest.fixture
def command(clean_home, tmp_path):
    def start(server, *words, limit=None):
        environment = {**os.environ, "HOME": str(clean_home), "GENESYSCLOUD_ACCESS_TOKEN": "t"}
        call = [sys.executable, "-m", "genesys_cloud.cli", "--host", server.url, "export", *words]
        return subprocess.Popen(
            call if limit is None else limited_files(limit, *call),
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    return start


def ended(process) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=LIMIT)
    return process.returncode, out, err


RANGE = ("--from", "2024-03-01", "--to", "2024-03-03")


def test_an_export_its_status_and_its_verification(command, tmp_path):
    with conversations_server() as (server, platform):
        code, out, err = ended(command(server, "conversations", *RANGE, "--out", "calls"))
        assert (code, out.split(",")[0]) == (0, "300 records"), err
        assert err.count(" of up to 3] conversations-") == 3
        assert len(platform.jobs) == 3  # the archive has them all
        ids = [one["conversationId"] for one in read_records(tmp_path / "calls")]
        assert sorted(ids) == [one["conversationId"] for one in platform.records]
        code, again, err = ended(command(server, "conversations", *RANGE, "--out", "calls"))
        assert (code, again, err) == (0, out, "")
        assert ended(command(server, "status", "--out", "calls")) == (0, out, "")
        code, out, _ = ended(command(server, "verify", "--out", "calls"))
        assert (code, out) == (0, "300 records in 3 files, 0 problems\n")
        next((tmp_path / "calls").glob("*.jsonl")).write_bytes(b"")
        code, out, err = ended(command(server, "verify", "--out", "calls"))
        assert (code, out.split(", ")[1]) == (11, "1 problems\n")
        assert "was changed or damaged" in err


def test_users_to_csv_with_a_query(command, tmp_path):
    with conversations_server() as (server, _):
        words = ("users", "--query", "state=any", "--format", "csv", "--out", "users")
        assert ended(command(server, *words))[0] == 0
        (seen, *_) = server.asked("/api/v2/users")
        assert ("state", "any") in seen.query
        assert read_status(tmp_path / "users").records == 30


def test_a_timeout_is_not_an_error_of_the_target(clean_home, monkeypatch, tmp_path):
    """The error is a builtin ``TimeoutError`` too, and so an ``OSError``."""

    def never_ends(*_):
        raise TimeoutError("api.example: no response within 60 s", sent=True)

    monkeypatch.setattr("genesys_cloud.export.find_available_until", never_ends)
    environment = {"GENESYSCLOUD_ACCESS_TOKEN": "t"}
    done = run_command(
        "export", "conversations", *RANGE, "--out", tmp_path / "calls", environment=environment
    )
    assert done.err == "genesys-cloud: api.example: no response within 60 s\n"
    assert done.code == 10


def test_a_body_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "body.json"
    path.write_text('\ufeff{"order": "asc"}', "utf-8")
    assert _read_body(path) == {"order": "asc"}


def test_after_ctrl_c_the_same_command_continues(command, tmp_path):
    with conversations_server(2000, 40) as (server, platform):
        real, words = platform.answer, ("--from", "2024-03-01T00:00:00Z", "--to", "2024-04-10")
        words = ("conversations", "--from", "2024-03-01", "--to", "2024-04-09", "--workers", "1")

        def slow(seen):
            time.sleep(0.02)
            return real(seen)

        platform.answer = slow
        server_handler = command(server, *words, "--out", "calls")
        line = server_handler.stderr.readline()
        assert "] conversations-" in line
        server_handler.send_signal(signal.SIGINT)
        code, _, err = ended(server_handler)
        assert code == 130, err
        assert "run the same command to continue" in err
        assert 0 < len(read_status(tmp_path / "calls").parts) < 40
        code, out, err = ended(command(server, *words, "--out", "calls"))
        assert (code, out.split(",")[0]) == (0, "2000 records"), err
        ids = [one["conversationId"] for one in read_records(tmp_path / "calls")]
        assert sorted(ids) == [one["conversationId"] for one in platform.records]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
@pytest.mark.parametrize(
    ("limit", "expected", "words"),
    [
        # The document cannot be written.
        (0, 1, "genesys-cloud: cannot write: File too large"),
        # No slice can be written.
        (20_000, 11, ": File too large"),
    ],
)
def test_a_full_disk_is_no_invalid_usage(command, limit, expected, words):
    with conversations_server() as (server, _):
        call = ("conversations", *RANGE, "--out", "calls")
        code, _, err = ended(command(server, *call, limit=limit))
        assert code == expected
        assert err.splitlines()[-1].endswith(words)
        assert "Errno" not in err
        code, out, err = ended(command(server, *call))
        assert (code, out.split(",")[0]) == (0, "300 records"), err


@pytest.mark.parametrize(
    ("out", "words", "error"),
    [
        ("list.json", ["status"], "--out list.json: Not a directory"),
        ("list.json", ["users"], "--out list.json: Not a directory"),
        ("list.json/x", ["verify"], "--out list.json/x: Not a directory"),
        (
            "nosuch://x",
            ["status"],
            "out='nosuch://...': fsspec has no file system for this protocol; use another URL",
        ),
    ],
)
def test_a_target_that_cannot_be_used(command, tmp_path, out, words, error):
    (tmp_path / "list.json").write_text("[]")
    with conversations_server(1, 1) as (server, _):
        found = ended(command(server, *words, "--out", out))
    assert found == (2, "", f"genesys-cloud: {error}\n")


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("nonsense",), 2, "no such export; use one of audits"),
        (("conversations",), 2, "needs an interval"),
        (("conversations", "--from", "2024-01-01"), 2, "pass both"),
        (("conversations", "--from", "x", "--to", "y"), 2, "pass days such as"),
        (("users", "--query", "x"), 2, "must be NAME=VALUE"),
        (
            ("conversations", "--body", "nofile", *RANGE),
            2,
            "--body nofile: cannot be read: No such",
        ),
        (("conversations", "--body", "list.json", *RANGE), 2, "must be a JSON object"),
        (("users", "--format", "xml"), 2, "must be one of"),
        (("status",), 11, "contains no export"),
        (("groups.get_group_members",), 2, "path parameters"),
        (("quality.get_quality_evaluations_query",), 11, "1 of 1 slices failed"),
    ],
)
def test_errors(command, tmp_path, words, code, error):
    (tmp_path / "list.json").write_text(json.dumps([1]))
    with conversations_server(1, 1) as (server, _):
        found = ended(command(server, *words, "--out", "calls"))
        assert found[0] == code, found
        assert error in found[2]
        assert "Traceback" not in found[2]
