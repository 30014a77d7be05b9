"""``recordings download``: links that expire, files that are cut off, runs that are continued."""

import errno
import json
import re
import signal
import subprocess
import threading
import wave
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest

from genesys_cloud.cli.call_report import CallReport
from genesys_cloud.cli.recording_files import _Driver, _open_folder
from genesys_cloud.simulator import running_simulator
from genesys_core.command_line.recordings import FetchFile, FoundRecording, RecordingRun
from genesys_core.command_line.usage import UsageError
from tests.helpers.command import COMMAND, run_command
from tests.helpers.fake_time import FakeTime
from tests.helpers.server import Raw, Reply, Stall, scripted_server
from tests.strategies.contact_center import StaffedDesk, end_call

pytestmark = pytest.mark.usefixtures("clean_home")

MEDIA = bytes(range(256)) * 40
BATCHES = "/api/v2/recording/batchrequests"


class Platform:
    """A platform with recordings: slow batches are ready at the second poll, and links are signed."""

    def __init__(self, conversations, *, expired=(), cut=(), errors=None, stalls=(), slow=()):
        self.conversations = conversations
        self.slow = slow
        self.expired, self.cut, self.stalls = set(expired), set(cut), set(stalls)
        self.errors = errors or {}
        self.jobs = {}
        self.days = []
        self.polls = {}
        self.lock = threading.Lock()
        self.reached = threading.Event()

    def __call__(self, seen):
        with self.lock:
            return self.respond(seen)

    def respond(self, seen):
        parts = seen.path.strip("/").split("/")
        if parts[0] == "media":
            return self.send_media(seen, parts[1])
        if parts[-1] == "recordingmetadata":
            return self.list_recordings(parts[-2])
        if (seen.method, seen.path) == ("POST", BATCHES):
            wanted = json.loads(seen.body)["batchDownloadRequestList"]
            assert 0 < len(wanted) <= 100
            job = f"job-{len(self.jobs)}"
            self.jobs[job] = wanted
            return Reply(json={"id": job})
        if seen.path.endswith("/details/query"):
            query = json.loads(seen.body)
            self.days.append(query["interval"][:10])
            first = self.days.count(query["interval"][:10]) == 1
            found = [{"conversationId": each} for each in self.conversations] if first else []
            return Reply(json={"conversations": found, "totalHits": len(self.conversations)})
        if seen.path.startswith(BATCHES):
            # Another host than that of the API, as far as the client knows.
            _, _, port = seen.header("Host").partition(":")
            return Reply(json=self.show_batch(parts[-1], f"http://localhost:{port}"))
        raise AssertionError(seen)

    def list_recordings(self, conversation):
        found = self.conversations.get(conversation)
        if found is None:
            return Reply(404, {"message": "no such conversation", "code": "not.found"})
        recordings = [
            {"id": each, "conversationId": conversation, "fileState": state, "media": "audio"}
            for each, state in found.items()
        ]
        return Reply(json=recordings)

    def show_batch(self, job, storage):
        wanted = self.jobs[job]
        self.polls[job] = self.polls.get(job, 0) + 1
        if self.polls[job] == 1 and job in self.slow:
            return {"jobId": job, "status": "InProgress", "resultCount": 0}
        results = []
        for each in wanted:
            error = self.errors.get(each["recordingId"])
            link = f"{storage}/media/{each['recordingId']}?signature={job}"
            found = {"errorMsg": error} if error else {"resultUrl": link}
            results.append({**each, **found, "contentType": "audio/ogg; codecs=opus"})
        count = len(wanted)
        return {
            "jobId": job,
            "status": "Completed",
            "expectedResultCount": count,
            "resultCount": count,
            "results": results,
        }

    def send_media(self, seen, name):
        assert seen.header("Authorization") is None, "a signed link gets no token"
        (signature,) = parse_qs(urlsplit(seen.target).query)["signature"]
        if name in self.expired and signature == "job-0":
            return Reply(403, {"message": "Request has expired"})
        if name in self.stalls:
            self.reached.set()
            return Stall()
        tag = (("ETag", f'"{name}"'), ("Content-Type", "audio/ogg"))
        ranged = seen.header("Range")
        if ranged is not None:
            begin = int(ranged.removeprefix("bytes=").removesuffix("-"))
            assert seen.header("If-Range") == f'"{name}"'
            where = ("Content-Range", f"bytes {begin}-{len(MEDIA) - 1}/{len(MEDIA)}")
            return Reply(206, body=MEDIA[begin:], headers=(*tag, where))
        whole = Reply(body=MEDIA, headers=tag)
        if name in self.cut:
            self.cut.remove(name)
            return Raw(whole.encode()[: -len(MEDIA) // 2])
        return whole


@pytest.fixture
def at(monkeypatch):
    """Serve a platform to the command."""
    servers = []

    def serve(platform):
        servers.append(scripted_server(platform))
        server = servers[-1].__enter__()
        monkeypatch.setenv("GENESYSCLOUD_HOST", server.url)
        monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "a" * 40)
        return server

    yield serve
    for each in servers:
        each.__exit__(None, None, None)


def download(out, *arguments, stdin=""):
    return run_command("recordings", "download", "--out", out, *arguments, stdin=stdin)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def files_below(out):
    return {str(path.relative_to(out)) for path in out.rglob("*.ogg")}


READY = {"c-1": {"r-1": "AVAILABLE", "r-2": "RESTORED"}, "c-2": {"r-3": "AVAILABLE"}, "c-3": {}}


def test_recordings_become_files_and_a_second_run_has_nothing_to_do(at, tmp_path, monkeypatch):
    server, time = at(Platform(READY, slow={"job-0"})), FakeTime(monkeypatch, monotonic())
    out = tmp_path / "calls"
    done = download(out, "c-1", "c-2", "c-3", "c-1")
    assert done.code == 0, done.err
    assert files_below(out) == {"c-1/r-1.ogg", "c-1/r-2.ogg", "c-2/r-3.ogg"}
    assert sorted(done.out.split()) == sorted(str(out / each) for each in files_below(out))
    assert all((out / each).read_bytes() == MEDIA for each in files_below(out))
    assert "3 downloaded (0.0 MB) in" in done.err
    first = min(lines(out / "recordings.jsonl"), key=lambda each: each["recordingId"])
    assert first == {
        "conversationId": "c-1",
        "recordingId": "r-1",
        "file": "c-1/r-1.ogg",
        "size": len(MEDIA),
        "contentType": "audio/ogg; codecs=opus",
        "media": "audio",
    }
    before = len(server.requests)
    again = download(out, "c-1", "c-2", "c-3")
    assert (again.code, again.out, len(server.requests)) == (0, "", before)
    assert re.search(r"0 downloaded \(0\.0 MB\) in \d\.\d s, 3 downloaded earlier", again.err)
    # A file that was removed or damaged is downloaded again.
    (out / "c-1/r-1.ogg").write_bytes(b"x")
    (out / "c-2/r-3.ogg").unlink()
    assert len(download(out, "c-1", "c-2").out.split()) == 2
    assert (out / "c-1/r-1.ogg").read_bytes() == MEDIA
    assert time.slept  # before it asked for the batch once more


def test_a_manifest_that_was_cut_off_is_continued(at, tmp_path):
    at(Platform(READY))
    assert download(tmp_path, "c-1").code == 0
    manifest = tmp_path / "recordings.jsonl"
    manifest.write_bytes(manifest.read_bytes() + '{"file": "caf\u00e9'.encode()[:-1])
    done = download(tmp_path, "c-1", "c-2")
    assert (done.code, "2 downloaded earlier" in done.err) == (0, True), done.err
    assert "3 downloaded earlier" in download(tmp_path, "c-1", "c-2").err


def test_a_download_to_a_file_system_without_locks(at, tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.ENOLCK, "no locks available")

    at(Platform(READY))
    monkeypatch.setattr("genesys_cloud.file_locking.try_lock", refuse)
    done = download(tmp_path, "c-1")
    assert (done.code, "2 downloaded" in done.err) == (0, True), done.err


@pytest.mark.parametrize("name", ["recordings.jsonl", ".conversations.jsonl"])
def test_a_manifest_that_cannot_be_written(at, tmp_path, name):
    at(Platform(READY))
    (tmp_path / name).mkdir()
    done = download(tmp_path, "c-1")
    assert (done.code, done.out) == (2, "")
    assert f"{tmp_path}: cannot be written: Is a directory" in done.err


def test_a_link_that_has_expired_is_replaced(at, tmp_path):
    platform = Platform(READY, expired={"r-1", "r-3"})
    at(platform)
    done = download(tmp_path / "out", "c-1", "c-2")
    assert done.code == 0, done.err
    assert len(files_below(tmp_path / "out")) == 3
    again = [
        each["recordingId"]
        for job, wanted in platform.jobs.items()
        if job != "job-0"
        for each in wanted
    ]
    assert sorted(again) == ["r-1", "r-3"]


@pytest.mark.slow
def test_a_file_that_is_cut_off_is_continued(at, tmp_path):
    server = at(Platform({"c-1": {"r-1": "AVAILABLE"}}, cut={"r-1"}))
    done = download(tmp_path / "out", "c-1")
    assert done.code == 0, done.err
    assert (tmp_path / "out/c-1/r-1.ogg").read_bytes() == MEDIA
    ranges = [each.header("Range") for each in server.asked("/media/r-1")]
    assert ranges == [None, f"bytes={len(MEDIA) // 2}-"]
    assert not list((tmp_path / "out").rglob("*.part*"))


def test_what_cannot_be_downloaded_is_listed_with_its_reason(at, tmp_path):
    conversations = {
        "c-1": {
            "r-1": "UPLOADING",
            "r-2": "ARCHIVED",
            "r-3": "DELETED",
            "r-4": "ERROR",
            "r-5": "NEW",
        },
        "c-2": {"r-6": "AVAILABLE", "r-7": "AVAILABLE"},
    }
    platform = Platform(conversations, errors={"r-7": "transcoding failed"})
    at(platform)
    out = tmp_path / "out"
    done = download(out, "c-1", "c-2", "c-4")
    assert done.code == 11
    assert "1 downloaded (0.0 MB) in " in done.err
    assert f"6 failed (see {out}/failures.jsonl)" in done.err
    assert "run the same command to continue" in done.err
    reasons = {each.get("recordingId"): each["reason"] for each in lines(out / "failures.jsonl")}
    assert sorted(reasons, key=str) == [None, "r-1", "r-2", "r-4", "r-5", "r-7"]
    assert "not ready yet" in reasons["r-1"]
    assert "restore it" in reasons["r-2"]
    assert reasons["r-5"] == "the recording is in the state NEW"
    assert reasons["r-7"] == "transcoding failed"
    assert "no such conversation" in reasons[None]
    # Later everything is there.
    platform.conversations["c-1"] = dict.fromkeys(("r-1", "r-2", "r-4", "r-5"), "AVAILABLE")
    platform.errors.clear()
    assert download(out, "c-1", "c-2").code == 0
    assert len(files_below(out)) == 6
    assert not (out / "failures.jsonl").exists()


def test_ids_from_files_and_pipes(at, tmp_path):
    at(Platform(READY))
    ids = tmp_path / "ids.txt"
    ids.write_text('c-1\n\n{"conversationId": "c-2"}\n')
    assert len(download(tmp_path / "a", "--from-file", ids).out.split()) == 3
    assert len(download(tmp_path / "b", "--from-file", "-", stdin='"c-1"\n').out.split()) == 2
    missing = download(tmp_path / "c", "--from-file", tmp_path / "none")
    assert (missing.code, "cannot be read" in missing.err) == (2, True)


def test_an_id_with_a_lone_surrogate_is_listed_among_the_failures(at, tmp_path):
    at(Platform(READY))
    ids = tmp_path / "ids.txt"
    ids.write_text('"\\ud800"\n')
    done = download(tmp_path / "out", "--from-file", ids)
    assert done.code == 11, done.err
    (failure,) = lines(tmp_path / "out" / "failures.jsonl")
    assert failure["conversationId"] == "\ud800"


def test_the_conversations_of_an_interval(at, tmp_path):
    platform = Platform(READY)
    at(platform)
    done = download(tmp_path / "out", "--from", "2024-01-01", "--to", "2024-01-02")
    assert done.code == 0, done.err
    assert len(done.out.split()) == 3  # each once, although both days have them
    assert sorted(set(platform.days)) == ["2024-01-01", "2024-01-02"]


@pytest.mark.slow
def test_many_batches(at, tmp_path):
    conversations = {f"c-{n}": {f"r-{n}-{m}": "AVAILABLE" for m in range(60)} for n in range(4)}
    platform = Platform(conversations)
    at(platform)
    done = download(tmp_path / "out", *conversations, "--parallel", "8")
    assert done.code == 0, done.err
    assert len(files_below(tmp_path / "out")) == 240
    assert sorted(map(len, platform.jobs.values())) == [40, 100, 100]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs conversation ids"),
        (["--from", "2024-01-01"], "--from and --to: pass both"),
        (["--from", "x", "--to", "y"], "pass days such as"),
        (["--from", "2024-01-02T00:00:00Z", "--to", "2024-01-01T00:00:00Z"], "after the start"),
    ],
)
def test_wrong_usage(tmp_path, arguments, words):
    done = download(tmp_path / "out", *arguments)
    assert done.code == 2
    assert words in done.err


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    done = download(tmp_path / "file" / "out", "c-1")
    assert (done.code, "cannot be written" in done.err) == (2, True)


def test_a_token_that_is_not_accepted_ends_the_run(at, tmp_path):
    at(lambda seen: Reply(401, {"message": "bad token", "code": "bad.credentials"}))
    done = download(tmp_path / "out", "c-1", "c-2")
    assert done.code == 3
    assert "stopped:" in done.err


@pytest.mark.slow
def test_ctrl_c_ends_a_download_and_the_next_run_continues(at, tmp_path):
    platform = Platform(READY, stalls={"r-2"})
    at(platform)
    out = tmp_path / "out"
    command = [*COMMAND, "recordings", "download", "--out", str(out), "c-1", "c-2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        first = process.stdout.readline(), process.stdout.readline()
        assert platform.reached.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, err
    assert "stopped: interrupted" in err
    assert "run the same command to continue" in err
    assert len(first) == len(lines(out / "recordings.jsonl")) == 2
    platform.stalls.clear()
    done = download(out, "c-1", "c-2")
    assert (done.code, done.out) == (0, f"{out}/c-1/r-2.ogg\n")


@pytest.mark.slow
def test_a_file_that_becomes_complete_when_the_run_fails_is_recorded(tmp_path):
    """Such as a list of conversations that cannot be read to its end."""
    task = FetchFile(FoundRecording("c-1", "r-1"), "https://x.example", "audio/ogg", "c-1/r-1.ogg")
    with _open_folder(tmp_path) as folder:
        run = RecordingRun(1, folder.manifest)
        driver = _Driver(None, folder, run, CallReport(is_verbose=False))

        def fail(pool, conversations):
            driver._ended.put((task, 5, None))
            raise UsageError("ids.txt: cannot be read")

        driver._run_in = fail
        with pytest.raises(UsageError, match="cannot be read"):
            driver.run(iter(()))
    assert [each["recordingId"] for each in lines(tmp_path / "recordings.jsonl")] == ["r-1"]


@pytest.mark.slow
def test_recordings_of_the_simulator(tmp_path, monkeypatch):
    desk = StaffedDesk()
    conversation = end_call(desk)
    desk.sleep(60)
    (recording,) = desk.call("GET", f"/api/v2/conversations/{conversation}/recordings").json
    with running_simulator(desk.simulator) as running:
        monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", running.access_token())
        options = ["--host", running.url, "--out", str(tmp_path)]
        done = run_command("recordings", "download", conversation, *options)
    assert done.code == 0, done.err
    (media,) = (tmp_path / conversation).iterdir()
    assert media.stem == recording["id"]
    with wave.open(str(media)) as sound:
        assert sound.getnframes() == 3 * sound.getframerate()
