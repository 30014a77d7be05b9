"""``genesys-cloud jobs``."""

import json
import os
import re
from time import monotonic

import pytest

from tests.helpers.command import run_command
from tests.helpers.fake_time import FakeTime
from tests.helpers.server import Reply, scripted_server

pytestmark = pytest.mark.usefixtures("clean_home")

JOBS = "/api/v2/analytics/conversations/details/jobs"
SUBMIT = ("analytics", "post_analytics_conversations_details_jobs")
STATUS = ("analytics", "get_analytics_conversations_details_job")
INTERVAL = "interval=2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"


class Platform:
    """Serves one job, which ends in the given state."""

    def __init__(self, state="FULFILLED"):
        self.state = state
        self.calls = []
        self.headers = []

    def __call__(self, seen):
        path, _, query = seen.target.partition("?")
        self.calls.append(f"{seen.method} {path.removeprefix(JOBS)}")
        self.headers.append(seen.header("X-A"))
        if seen.method == "POST":
            return Reply(202, {"jobId": "j-1"})
        if seen.method == "DELETE":
            return Reply(204)
        if not path.endswith("/results"):
            return Reply(json={"state": self.state, "errorMessage": "no \x1b[2J", "later": 1})
        if "cursor" in query:
            return Reply(json={"conversations": [{"conversationId": "c-2"}]})
        found = {
            "conversationId": "c-1",
            "newer": {"a": 1},
            "conversationStart": "2024-01-01T00:00:00.000Z",
        }
        return Reply(
            json={
                "conversations": [found],
                "cursor": "2",
                "dataAvailabilityDate": "2024-01-01T12:00:00.000Z",
            }
        )


@pytest.fixture
def platform(monkeypatch):
    handler = Platform()
    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "t" * 40)
    with scripted_server(handler) as server:
        monkeypatch.setenv("GENESYSCLOUD_HOST", server.url)
        yield handler


def test_run_waits_and_prints_the_results(platform):
    done = run_command("jobs", "run", *SUBMIT, INTERVAL)
    assert done.code == 0, done.err
    first, second = json.loads(done.out)
    assert first["newer"] == {"a": 1}
    assert (first["conversationId"], second["conversationId"]) == ("c-1", "c-2")
    assert "has data only up to 2024-01-01T12:00:00+00:00" in done.err
    assert platform.calls == ["POST ", "GET /j-1", "GET /j-1/results", "GET /j-1/results"]


def test_results_as_rows_and_selected(platform):
    done = run_command("jobs", "results", *STATUS, "j-1", "--columns", "conversationId")
    assert done.out == "conversationId\nc-1\nc-2\n"
    done = run_command("jobs", "results", *STATUS, "j-1", "--query", "length(@)")
    assert done.out == "2\n"
    done = run_command(
        "jobs", "results", *STATUS, "j-1", "--limit", "1", "--columns", "conversationId"
    )
    assert done.out == "conversationId\nc-1\n"


def test_a_job_in_steps(platform):
    started = run_command("jobs", "run", *SUBMIT, INTERVAL, "--no-wait")
    assert json.loads(started.out) == {"id": "j-1", "status": STATUS[1]}
    command = started.err.removeprefix("genesys-cloud: continue with: ").split()
    assert command == ["genesys-cloud", "jobs", "results", *STATUS, "j-1"]
    assert len(json.loads(run_command(*command[1:]).out)) == 2
    waited = run_command("jobs", "wait", *STATUS, "j-1")
    assert json.loads(waited.out)["later"] == 1
    assert run_command("jobs", "wait", *STATUS, "j-1", "--query", "state").out == '"FULFILLED"\n'
    cancelled = run_command("jobs", "cancel", *STATUS, "j-1")
    assert (cancelled.code, cancelled.out) == (0, "")
    assert platform.calls[-1] == "DELETE /j-1"


@pytest.mark.parametrize(
    ("call", "request_line"),
    [
        (["run", *SUBMIT, INTERVAL], f"POST {{}}{JOBS}"),
        (["wait", *STATUS, "j-1"], f"GET {{}}{JOBS}/j-1"),
        (["results", *STATUS, "j-1"], f"GET {{}}{JOBS}/j-1"),
        (["cancel", *STATUS, "j-1"], f"DELETE {{}}{JOBS}/j-1"),
    ],
)
def test_a_dry_run_starts_and_cancels_no_job(platform, call, request_line):
    done = run_command("jobs", *call, "--dry-run")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == request_line.format(os.environ["GENESYSCLOUD_HOST"])
    assert run_command("jobs", *call, "--curl").out.startswith("curl ")
    assert platform.calls == []


def test_options_of_requests_apply_to_every_call_of_a_job(platform):
    done = run_command("jobs", "run", *SUBMIT, INTERVAL, "-H", "X-A: b", "--verbose")
    assert done.code == 0, done.err
    assert platform.headers == ["b"] * 4
    assert len(re.findall(r"^> (?:POST|GET) .* after", done.err, re.MULTILINE)) == 4


def test_a_job_that_failed(platform):
    platform.state = "FAILED"
    done = run_command("jobs", "run", *SUBMIT, INTERVAL)
    assert (done.code, done.out) == (12, "")
    assert "no \\x1b[2J" in done.err
    assert "continue with" not in done.err


def test_a_wait_that_takes_too_long_can_be_continued(platform):
    platform.state = "PENDING"
    done = run_command("jobs", "run", *SUBMIT, INTERVAL, "--deadline", "10ms")
    assert (done.code, done.out) == (10, "")
    assert "continue with: genesys-cloud jobs wait analytics" in done.err


def test_results_in_a_file(monkeypatch, tmp_path):
    def handler(seen):
        if seen.target == "/file":
            return Reply(body=b"a,b\n")
        return Reply(json={"status": "SUCCEEDED", "downloadUrl": f"{server.url}/file"})

    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "t" * 40)
    with scripted_server(handler) as server:
        status = ("external_contacts", "get_externalcontacts_contacts_export", "e-1")
        path = tmp_path / "file.csv"
        done = run_command("jobs", "results", *status, "--host", server.url, "--download", path)
        assert done.code == 0, done.err
        shown = run_command("jobs", "results", *status, "--host", server.url)
    assert path.read_bytes() == b"a,b\n"
    assert json.loads(shown.out)["status"] == "SUCCEEDED"


def test_help_and_wrong_usage():
    assert "cancel   Cancel a job." in run_command("jobs", "--help").out
    assert run_command("jobs").code == 0
    page = run_command("jobs", "run", *SUBMIT, "--help").out
    assert "--deadline INTERVAL" in page
    for arguments, words in (
        (["run", "analytcs", "x"], "no such API; did you mean analytics?"),
        (["run", "analytics", "x"], "no such method"),
        (["go"], "must be one of run"),
    ):
        done = run_command("jobs", *arguments)
        assert done.code == 2
        assert words in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["run", "users", "delete_user", "u-1"],
            "delete_user does not start a job; use genesys-cloud users delete_user",
        ),
        (
            ["run", "users", "delete_user", "u-1", "--dry-run"],
            "delete_user does not start a job; use genesys-cloud users delete_user",
        ),
        (
            ["wait", *SUBMIT, "j-1"],
            f"does not return its status; use genesys-cloud jobs wait {' '.join(STATUS)}",
        ),
        (
            ["run", *SUBMIT, INTERVAL, "--download", "x"],
            "have no file to download; omit --download",
        ),
        (["run", *STATUS, "j-1"], f"use genesys-cloud jobs wait {' '.join(STATUS)}"),
    ],
)
def test_a_method_of_no_job_is_an_error_before_anything_is_sent(platform, arguments, words):
    done = run_command("jobs", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert platform.calls == []


class RecordingJobs:
    """Serves a recording job, which waits in READY until it is started."""

    def __init__(self):
        self.state = "READY"
        self.bodies = []

    def __call__(self, seen):
        if seen.method == "PUT":
            self.bodies.append(json.loads(seen.body))
            self.state = "FULFILLED"
        if seen.path.endswith("/failedrecordings"):
            return Reply(json={"entities": [], "total": 0})
        return Reply(json={"id": "j-1", "state": self.state, "totalRecordings": 3})


def test_a_recording_job_is_started_when_its_user_says_so(monkeypatch):
    platform, time = RecordingJobs(), FakeTime(monkeypatch, monotonic())
    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "t" * 40)
    with scripted_server(platform) as server:
        monkeypatch.setenv("GENESYSCLOUD_HOST", server.url)
        stopped = run_command("jobs", "wait", "recording", "get_recording_job", "j-1")
        assert stopped.code == 12
        assert "waits in the state READY" in stopped.err
        command = re.search("continue with: genesys-cloud (.*)", stopped.err)[1]
        assert command == "jobs wait recording get_recording_job j-1 --proceed"
        done = run_command(*command.split(), "--query", "state")
    assert (done.code, done.out) == (0, '"FULFILLED"\n')
    assert "the job is waiting in the state READY with 3 recordings; starting it" in done.err
    assert platform.bodies == [{"state": "PROCESSING"}]
    assert time.slept
