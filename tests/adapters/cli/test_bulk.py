"""``--from-file``: rows side by side, each once, with faults, interruptions and continuations."""

import collections
import errno
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

import pytest

from genesys_cloud.cli.bulk import _Driver
from genesys_cloud.file_locking import try_lock
from genesys_cloud.simulator import Rule, faults, faulty_simulator, running_simulator
from tests.helpers.command import COMMAND, limited_files, run_command
from tests.helpers.server import Reply, scripted_server

pytestmark = pytest.mark.usefixtures("clean_home")

QUEUES = "/api/v2/routing/queues"
CREATE = ("routing", "post_routing_queues")


def sign_in(monkeypatch, simulator):
    monkeypatch.setenv("GENESYSCLOUD_HOST", simulator.url)
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", simulator.client_id)
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", simulator.client_secret)


@pytest.fixture
def platform(monkeypatch):
    with running_simulator() as running:
        sign_in(monkeypatch, running)
        yield running


def jsonl(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def failures_of(path):
    return lines(path.with_name(f"{path.name}.failures.jsonl").read_text())


def journal_of(path):
    return path.with_name(f"{path.name}.journal")


def test_a_result_a_row_in_their_order(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": f"Q{n}"} for n in range(40)])
    done = run_command(*CREATE, "--from-file", path, "--query", "name")
    assert done.code == 0, done.err
    assert lines(done.out) == [{"row": n + 1, "result": f"Q{n}"} for n in range(40)]
    assert done.err.startswith("genesys-cloud: 40 done in ")
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["rows.jsonl"]


def test_csv_rows_and_shared_arguments(platform, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('name,acwSettings.timeoutMs:=,description\r\nA,30000,\r\n"B,\nC",,x\r\n')
    done = run_command(*CREATE, "description=shared", "--from-file", path, "-o", "jsonl")
    assert done.code == 0, done.err
    first, second = (each["result"] for each in lines(done.out))
    assert (first["name"], first["description"]) == ("A", "shared")
    assert first["acwSettings"]["timeoutMs"] == 30000
    assert (second["name"], second["description"]) == ("B,\nC", "x")
    path.write_text("name\nC\nD\n")
    ids = run_command(*CREATE, "--from-file", path, "-o", "id")
    assert len(ids.out.split()) == 2


def test_parameters_by_row(platform, tmp_path):
    users = lines(run_command("users", "get_users", "--limit", "3", "-o", "jsonl").out)
    path = jsonl(tmp_path / "rows.jsonl", [{"user_id": each["id"]} for each in users])
    done = run_command("users", "get_user", "--from-file", path, "--columns", "row,result.name")
    assert done.out.splitlines() == [
        "row,result.name",
        *(f"{n},{each['name']}" for n, each in enumerate(users, 1)),
    ]


def test_failures_are_written_with_their_reason_and_can_be_run_again(platform, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"name": "A"}\n\noops\n{"description": "x"}\n[1]\n{"name": "B"}\n')
    done = run_command(*CREATE, "--from-file", path, "--query", "name")
    assert done.code == 13
    assert [each["result"] for each in lines(done.out)] == ["A", "B"]
    assert "2 done in " in done.err
    assert f"3 failed (see {path}.failures.jsonl)" in done.err
    assert not journal_of(path).exists()
    bad, refused, array = failures_of(path)
    assert (bad["row"], bad["input"]) == (2, "oops")
    assert "not valid JSON" in bad["reason"]
    assert (refused["row"], refused["status"], refused["input"]) == (3, 400, {"description": "x"})
    assert refused["correlationId"]
    assert "mayBeDone" not in refused
    assert array["reason"] == "not a JSON object"
    reported = path.with_name(f"{path.name}.failures.jsonl")
    again = run_command(*CREATE, "--from-file", reported)
    assert again.code == 13
    assert [each["row"] for each in failures_of(reported)] == [1, 2, 3]
    mended = jsonl(tmp_path / "mended.jsonl", [{**refused, "input": {"name": "C"}}])
    assert run_command(*CREATE, "--from-file", mended, "--query", "name").code == 0


def test_a_dry_run_shows_every_request(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": "A"}, {"name": "B"}])
    shown = run_command(*CREATE, "--from-file", path, "--curl").out.splitlines()
    assert [line.partition("--data-binary ")[2] for line in shown] == [
        '\'{"name":"A"}\'',
        '\'{"name":"B"}\'',
    ]
    path.write_text("oops\n")
    assert run_command(*CREATE, "--from-file", path, "--dry-run").code == 2


def test_too_many_failures_end_the_run_and_it_can_be_continued(platform, tmp_path):
    rows = [{"description": "x"}] * 3 + [{"name": f"Q{n}"} for n in range(5)]
    path = jsonl(tmp_path / "rows.jsonl", rows)
    options = ("--from-file", path, "--max-failures", "1", "--parallel", "1", "--query", "name")
    done = run_command(*CREATE, *options)
    assert (done.code, done.out) == (13, "")
    assert "stopped: more than 1 rows failed" in done.err
    assert done.err.splitlines()[-1] == (
        f"genesys-cloud: continue with --from-file {path} --resume {journal_of(path)}"
    )
    again = run_command(*CREATE, *options)
    assert again.code == 2
    assert "an earlier run did not finish" in again.err
    rest = run_command(*CREATE, *options, "--resume", journal_of(path))
    assert [each["result"] for each in lines(rest.out)] == [f"Q{n}" for n in range(5)]
    assert rest.code == 13
    assert [each["row"] for each in failures_of(path)] == [1, 2, 3]
    assert "2 finished earlier" in rest.err
    assert not journal_of(path).exists()


def test_refused_credentials_end_the_run_and_no_row_is_lost(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": f"Q{n}"} for n in range(5)])
    refusing = []

    def handler(seen):
        if not refusing:
            return Reply(json={"name": json.loads(seen.body)["name"]})
        return Reply(401, {"message": "no"})

    with scripted_server(handler) as server:
        environment = {"GENESYSCLOUD_ACCESS_TOKEN": "t" * 40, "GENESYSCLOUD_OAUTHCLIENT_ID": ""}
        options = (*CREATE, "--from-file", path, "--host", server.url, "--query", "name")
        refusing.append(1)
        done = run_command(*options, environment=environment)
        assert (done.code, done.out) == (3, "")
        refusing.clear()
        rest = run_command(*options, "--resume", journal_of(path), environment=environment)
    assert rest.code == 0, rest.err
    assert [each["row"] for each in lines(rest.out)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--from-file", "missing.jsonl"], "missing.jsonl: cannot be read"),
        (["--failures", "rows.jsonl"], "must not be the file with the rows"),
        (["--failures", "rows.jsonl.journal"], "must not be the journal"),
        (["--failures", "nowhere/x"], "cannot be written"),
        (["--resume", "nowhere"], "nowhere: cannot be read"),
        (["--resume", "rows.jsonl"], "is not a journal of this operation"),
        (["--parallel", "x"], "must be a whole number"),
    ],
)
def test_files_that_cannot_be_used(platform, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "rows.jsonl", [{"name": "A"}])
    given = options if "--from-file" in options else ["--from-file", "rows.jsonl", *options]
    done = run_command(*CREATE, *given)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["rows.jsonl"]


def test_a_run_that_is_in_progress_is_not_continued_by_another_one(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"description": "no name"}])
    run_command(*CREATE, "--from-file", path, "--max-failures", "0")
    with journal_of(path).open("r+") as file:
        assert try_lock(file.fileno())
        done = run_command(*CREATE, "--from-file", path, "--resume", journal_of(path))
    assert (done.code, done.out) == (2, "")
    assert "another run with this journal is in progress" in done.err
    assert run_command(*CREATE, "--from-file", path, "--resume", journal_of(path)).code == 13


def test_a_file_system_without_locks(platform, tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr("genesys_cloud.file_locking.try_lock", refuse)
    path = jsonl(tmp_path / "rows.jsonl", [{"name": "A"}])
    assert run_command(*CREATE, "--from-file", path).code == 0


def test_a_failure_whose_line_was_cut_off_is_reported_whole(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"description": "a"}, {"description": "b"}])
    options = ("--from-file", path, "--max-failures", "0", "--parallel", "1")
    assert run_command(*CREATE, *options).code == 13
    failures = path.with_name(f"{path.name}.failures.jsonl")
    with failures.open("a") as file:
        file.write('{"row": 2, "reason": "no na')
    rest = run_command(*CREATE, "--from-file", path, "--resume", journal_of(path))
    assert rest.code == 13
    assert [each["row"] for each in failures_of(path)] == [1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="no such device")
def test_a_device_for_failures_is_not_removed(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": "A"}])
    device = tmp_path / "null"
    device.symlink_to("/dev/null")
    assert run_command(*CREATE, "--from-file", path, "--failures", device).code == 0
    assert device.is_symlink()


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name,description\nA,"x\nB,y\nC,z\n', "the row that begins on line 2 is not valid CSV"),
        ("name,description,name\nA,x,B\n", "column 'name': occurs more than once"),
    ],
)
def test_a_csv_file_that_would_lose_rows_or_cells_is_refused(platform, tmp_path, text, words, dry):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    done = run_command(*CREATE, "--from-file", path, *dry)
    assert (done.code, done.out) == (2, "")
    assert f"{path}: {words}" in done.err
    assert not journal_of(path).exists()


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_rows_that_are_not_utf_8_are_refused_before_one_is_sent(platform, tmp_path, name, dry):
    path = tmp_path / name
    path.write_bytes(b'name\nA\n{"name": "\xe9"}\n')
    done = run_command(*CREATE, "--from-file", path, *dry)
    assert (done.code, done.err) == (2, f"genesys-cloud: {path}: cannot be read: not UTF-8 text\n")
    assert not journal_of(path).exists()


def test_a_row_with_a_lone_surrogate_fails_alone(platform, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"name": "\\ud800"}\n{"name": "B"}\n')
    done = run_command(*CREATE, "--from-file", path, "--query", "name")
    assert done.code == 13, done.err
    assert lines(done.out) == [{"row": 2, "result": "B"}]
    assert failures_of(path)[0]["input"] == {"name": "\ud800"}


def test_a_wrong_query_is_refused_before_a_row_is_sent(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": "A"}])
    before = run_command("routing", "get_routing_queues", "--query", "total").out
    done = run_command(*CREATE, "--from-file", path, "--query", "length(")
    assert (done.code, done.out) == (2, "")
    assert "--query 'length('" in done.err
    assert not journal_of(path).exists()
    assert run_command(*CREATE, "name=A", "--query", "length(").code == 2
    assert run_command("routing", "get_routing_queues", "--query", "total").out == before


def test_a_row_whose_result_does_not_suit_the_query_may_be_done(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": "A"}])
    assert run_command(*CREATE, "--from-file", path, "--query", "abs(name)").code == 13
    (failure,) = failures_of(path)
    assert failure["mayBeDone"] is True
    assert "abs()" in failure["reason"]


def test_no_parallel_rows_are_an_error(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": "A"}])
    done = run_command(*CREATE, "--from-file", path, "--parallel", "0")
    assert (done.code, done.out) == (2, "")
    assert "--parallel '0': must be a whole number, 1 or more" in done.err


def test_a_dry_run_of_a_missing_file(tmp_path):
    done = run_command(*CREATE, "--from-file", tmp_path / "rows.csv", "--dry-run")
    assert (done.code, done.out) == (2, "")
    assert "rows.csv: cannot be read: No such file" in done.err


def test_a_cell_may_be_longer_than_128_kib(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(f"name\n{'x' * 140_000}\n")
    done = run_command(*CREATE, "--from-file", path, "--dry-run")
    assert done.code == 0, done.err
    assert "x" * 140_000 in done.out


class Gate:
    """A server that answers the first rows, and the others once it is opened."""

    def __init__(self, free):
        self.free = free
        self.names = collections.Counter()
        self.opened = threading.Event()
        self.reached = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, seen):
        name = json.loads(seen.body)["name"]
        with self._lock:
            self.names[name] += 1
            is_held = len(self.names) > self.free
        if is_held:
            self.reached.set()
            self.opened.wait(60)
        return Reply(json={"name": name})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("how", ["ctrl-c", "ctrl-c twice", "sigterm", "kill"])
def test_an_interrupted_run_can_be_continued(tmp_path, monkeypatch, how):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": f"Q{n}"} for n in range(30)])
    gate = Gate(free=10)
    with scripted_server(gate) as server:
        monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "t" * 40)
        options = [*CREATE, "--host", server.url, "--query", "name", "--from-file", str(path)]
        process = subprocess.Popen(
            [*COMMAND, *options, "--parallel", "3"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert gate.reached.wait(60)
            numbers = {"kill": signal.SIGKILL, "sigterm": signal.SIGTERM}
            process.send_signal(numbers.get(how, signal.SIGINT))
            if how != "kill":
                assert "press Ctrl-C again" in process.stderr.readline()
            if how == "ctrl-c twice":
                process.send_signal(signal.SIGINT)
            elif how != "kill":
                gate.opened.set()
            out, err = process.communicate(timeout=60)
        finally:
            gate.opened.set()
            process.kill()
            process.wait()
        assert process.returncode == {"kill": -9}.get(how, 130)
        if how in {"ctrl-c", "sigterm"}:
            assert "stopped: interrupted" in err
            assert "--resume" in err
        rest = run_command(*options, "--resume", journal_of(path))
    assert not journal_of(path).exists()
    done = [each["result"] for each in lines(rest.out)]
    if how in {"ctrl-c", "sigterm"}:
        assert rest.code == 0
        assert [each["result"] for each in lines(out)] + done == [f"Q{n}" for n in range(30)]
        assert set(gate.names.values()) == {1}
        return
    # Rows whose calls were abandoned are reported, not repeated.
    assert rest.code == 13
    reported = {each["input"]["name"] for each in failures_of(path)}
    assert 1 <= len(reported) <= 3
    assert all(each["mayBeDone"] for each in failures_of(path))
    assert not reported & set(done)
    assert set(gate.names.values()) == {1}
    assert set(gate.names) | reported == {f"Q{n}" for n in range(30)}


def test_the_wait_for_a_row_gives_signals_a_chance():
    """One that arrives just before a wait without a timeout would be handled after it alone."""

    waits = []

    class Ended:
        def get(self, timeout=None):
            waits.append(timeout)
            if len(waits) < 3:
                raise queue.Empty
            return (1, {}, {}, None)

    driver = object.__new__(_Driver)
    driver._ended = Ended()
    assert driver._next_ended() == (1, {}, {}, None)
    assert len(waits) == 3
    assert all(each is not None and each < 1 for each in waits)


@pytest.mark.slow
def test_a_closed_pipe_leaves_what_can_be_continued(platform, tmp_path):
    path = jsonl(
        tmp_path / "rows.jsonl", [{"name": f"Q{n}", "description": "x" * 9000} for n in range(60)]
    )
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *CREATE, "--from-file", str(path)],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert done.returncode == 141
    assert "--resume" in done.stderr
    rest = run_command(
        *CREATE, "--from-file", path, "--resume", journal_of(path), "--query", "name"
    )
    assert rest.code == 0, rest.err
    listed = run_command(
        "routing", "get_routing_queues", "--all", "--query", "[].name", "-o", "jsonl"
    )
    names = collections.Counter(name for name in lines(listed.out) if name.startswith("Q"))
    assert {f"Q{n}": 1 for n in range(60)}.items() <= names.items()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such file")
def test_a_full_disk_leaves_what_can_be_continued(platform, tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"name": "F1", "description": "x" * 9000}])
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [*COMMAND, *CREATE, "--from-file", str(path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"genesys-cloud: continue with --from-file {path} --resume {journal_of(path)}",
        "genesys-cloud: cannot write: No space left on device",
    ]
    rest = run_command(*CREATE, "--from-file", path, "--resume", journal_of(path))
    assert rest.code == 0, rest.err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
@pytest.mark.parametrize("size", [0, 200])
def test_a_journal_that_cannot_be_written_ends_the_run(platform, tmp_path, size):
    """No other row is in progress: the run used to wait forever for the one that it could not record."""
    path = jsonl(tmp_path / "rows.jsonl", [{"name": f"F{n}"} for n in range(30)])
    call = [*CREATE, "--from-file", str(path), "--parallel", "1"]
    done = subprocess.run(
        limited_files(size, *COMMAND, *call),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "genesys-cloud: cannot write: File too large"
    # Nothing was started if not even the journal's first line could be written.
    assert journal_of(path).exists() == (size > 0)
    rest = run_command(*call, *(["--resume", journal_of(path)] if size else []))
    assert rest.code in ({0, 13} if size else {0}), rest.err
    names = collections.Counter(queue["name"] for queue in platform.simulator.state.queues.values())
    assert set(names.values()) == {1}
    # The outcome of the row whose end could not be recorded is unknown.
    assert len({f"F{n}" for n in range(30)} - names.keys()) <= (rest.code == 13)


@pytest.mark.slow
def test_ten_thousand_rows_with_faults(monkeypatch, tmp_path):
    count = 10_000
    rows = [{"name": f"Row {n}"} for n in range(count)]
    path = jsonl(tmp_path / "rows.jsonl", rows)
    rules = []
    for at in range(50, count, 500):
        rules += [
            Rule(faults.Answer(429, {"Retry-After": "0.01"}), "POST", QUEUES, first=at, times=3),
            Rule(faults.Answer(500), "POST", QUEUES, first=at + 50),
            Rule(faults.Interrupted("before", by="reset"), "POST", QUEUES, first=at + 100),
            Rule(faults.Interrupted("after", by="reset"), "POST", QUEUES, first=at + 150),
            Rule(faults.Garbage(), "POST", QUEUES, first=at + 200),
        ]
    with faulty_simulator(*rules) as simulator:
        sign_in(monkeypatch, simulator)
        began = time.process_time()
        done = run_command(*CREATE, "--from-file", path, "--query", "name")
        print(f"{count} rows in {time.process_time() - began:.1f} s of processor time")
        made = collections.Counter(
            lines(
                run_command(
                    "routing",
                    "get_routing_queues",
                    "--page-size",
                    "500",
                    "--all",
                    "--query",
                    "[].name",
                    "-o",
                    "jsonl",
                ).out
            )
        )
    assert done.code == 13, done.err
    names = [row["name"] for row in rows]
    reported = [each["input"]["name"] for each in failures_of(path)]
    printed = [each["result"] for each in lines(done.out)]
    assert 40 <= len(reported) <= 100
    assert sorted(reported + printed) == sorted(names)
    numbers = [each["row"] for each in lines(done.out)]
    assert numbers == sorted(numbers)
    # Each row was done at most once; what was not done is reported, and so is what may have been.
    assert max(made[name] for name in names) == 1
    assert {name for name in names if not made[name]} <= set(reported)
    assert all(made[name] == 1 for name in printed)
