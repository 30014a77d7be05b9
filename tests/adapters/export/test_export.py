"""Exports over real sockets: plan, fetch, run, status and verify, in every format."""

import errno
import json
import pickle
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import fsspec
import pytest

from genesys_cloud import Client, ExportError, Interval, InvalidValueError, NotFoundError
from genesys_cloud.export import (
    Export,
    fetch,
    find_available_until,
    find_export,
    plan,
    read_records,
    read_status,
    run,
    verify,
)
from genesys_cloud.export.targets import DirectoryTarget, open_target
from genesys_core.api.analytics import post_analytics_conversations_details_jobs
from genesys_core.api.groups import get_group_members
from genesys_core.api.users import get_users
from genesys_core.export.plan import job_file
from tests.helpers.conversations_server import JOBS, conversations_server
from tests.helpers.server import Reply, scripted_server

DAYS = Interval.of_days(date(2024, 3, 1), date(2024, 3, 3))
EXPORT = find_export("conversations", DAYS)


def client_of(url: str) -> partial[Client]:
    return partial(Client, host=url, access_token="t", trust_env=False)


@pytest.fixture(scope="module")
def served():
    with conversations_server() as (server, platform):
        yield client_of(server.url), platform, server


def by_id(records) -> list[dict]:
    return sorted(records, key=lambda one: one["conversationId"])


def test_json_lines_equal_the_source_record_by_record(served, tmp_path):
    client, platform, _ = served
    parts = list(run(plan(EXPORT), out=tmp_path, client=client))
    assert len(parts) == 3
    assert by_id(read_records(tmp_path)) == by_id(platform.records)
    status = read_status(tmp_path)
    assert (status.is_complete, status.records, status.slices) == (True, 300, 3)
    assert status.size == sum(path.stat().st_size for path in tmp_path.glob("*.jsonl"))
    found = verify(tmp_path)
    assert (found.files, found.records, found.problems) == (3, 300, ())
    assert not (tmp_path / ".unfinished").exists()
    # Nothing is left to do.
    assert list(run(plan(EXPORT), out=tmp_path, client=lambda: 1 / 0)) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_records_with_numbers_beyond_a_double_are_exported_and_read(tmp_path, kind):
    page = {"total": 1, "entities": [{"id": "u1", "newer": "beyond", "newest": 5}]}
    content = json.dumps(page).replace('"beyond"', "1e400").encode()
    reply = Reply(body=content, headers=(("Content-Type", "application/json"),))
    with scripted_server(lambda _: reply) as server:
        list(
            run(plan(find_export("users")), out=tmp_path, client=client_of(server.url), format=kind)
        )
    (record,) = read_records(tmp_path)
    assert record["id"] == "u1"
    unknown = record if kind == "jsonl" else json.loads(record["_rest"])
    assert unknown["newest" if kind == "jsonl" else "$.newest"] == 5
    assert verify(tmp_path).problems == ()


@pytest.mark.slow
def test_parquet_has_typed_columns_that_other_programs_read(served, tmp_path):
    import duckdb
    import polars

    client, platform, _ = served
    list(run(plan(EXPORT), out=tmp_path, client=client, format="parquet"))
    frame = polars.read_parquet(tmp_path / "*.parquet")
    assert frame.height == 300
    assert frame.schema["conversationStart"] == polars.Datetime("ms", "UTC")
    assert frame.schema["divisionIds"] == polars.List(polars.String)
    source = {one["conversationId"]: one for one in platform.records}
    for row in frame.iter_rows(named=True):
        one = source[row["conversationId"]]
        assert row["conversationStart"] == datetime.fromisoformat(one["conversationStart"])
        assert row["mediaStatsMinConversationMos"] == one["mediaStatsMinConversationMos"]
        session = row["participants"][0]["sessions"][0]
        assert (
            session["metrics"][0]["value"]
            == (one["participants"][0]["sessions"][0]["metrics"][0]["value"])
        )
        assert json.loads(row["_rest"]) == {"$.fieldOfTomorrow": one["fieldOfTomorrow"]}
    query = f"""
        select count(*), count(distinct conversationId), min(conversationStart) < max(conversationEnd),
               any_value(participants[1].sessions[1].metrics[1].name)
        from '{tmp_path}/*.parquet'
    """
    assert duckdb.sql(query).fetchall() == [(300, 300, True, "tTalk")]
    assert verify(tmp_path).problems == ()


def test_csv_has_a_header_and_a_line_for_each_record(served, tmp_path):
    client, platform, _ = served
    list(run(plan(EXPORT), out=tmp_path, client=client, format="csv"))
    rows = {row["conversationId"]: row for row in read_records(tmp_path)}
    assert len(rows) == 300
    one = platform.records[7]
    row = rows[one["conversationId"]]
    assert row["conversationStart"].startswith(one["conversationStart"][:19])
    assert json.loads(row["divisionIds"] or "[]") == one["divisionIds"]
    assert verify(tmp_path).problems == ()


@pytest.mark.slow
def test_the_archive_serves_complete_days_and_what_lags_is_fetched_again(tmp_path):
    with conversations_server() as (server, platform):
        client, until = client_of(server.url), datetime(2024, 3, 2, 12, tzinfo=UTC)
        platform.available_until = until
        # A caller who believes the archive to be complete, although it is not.
        late = find_export("conversations", DAYS, available_until=datetime(2024, 3, 4, tzinfo=UTC))
        list(run(plan(late), out=tmp_path, client=client))
        status = read_status(tmp_path)
        assert not status.is_complete
        assert status.records < 300
        second, third = status.missing
        assert "complete only up to 2024-03-02T12:00:00+00:00" in second.why
        assert second.expected_at == datetime(2024, 3, 4, tzinfo=UTC)
        assert third.expected_at == second.expected_at + timedelta(days=1)
        assert second.id in verify(tmp_path).problems[0]
        platform.available_until = datetime(2024, 3, 5, tzinfo=UTC)
        assert len(list(run(plan(late), out=tmp_path, client=client))) == 2
        assert read_status(tmp_path).is_complete
        assert by_id(read_records(tmp_path)) == by_id(platform.records)


def test_an_availability_without_a_zone_is_in_utc():
    answer = Reply(json={"dataAvailabilityDate": "2024-03-02T12:00:00"})
    with scripted_server(lambda _: answer) as server, client_of(server.url)() as client:
        until = find_available_until(client, "conversations")
    assert until == datetime(2024, 3, 2, 12, tzinfo=UTC)
    assert len(plan(find_export("conversations", DAYS, available_until=until))) == 3


def test_a_job_that_was_started_is_continued_by_another_process(tmp_path):
    with conversations_server() as (server, platform):
        client = client_of(server.url)
        export = find_export("conversations", DAYS, available_until=DAYS.end)
        slice_ = plan(export)[0]
        with client() as connected:
            one = slice_.operations[0]
            body = {**one.body, "interval": str(slice_.interval)}
            job = connected.analytics.post_analytics_conversations_details_jobs.run(body)
        file = job_file(slice_, post_analytics_conversations_details_jobs(body))
        DirectoryTarget(tmp_path).write(file, job.id.encode())
        fetch(slice_, out=tmp_path, client=client)
        assert list(platform.jobs) == [job.id]
        assert not (tmp_path / file).exists()
        # One that the platform has forgotten is started again.
        DirectoryTarget(tmp_path).write(file, b"forgotten")
        fetch(slice_, out=tmp_path, client=client)
        assert len(platform.jobs) == 2
        assert len([seen for seen in server.requests if seen.path == JOBS]) == 2


def test_each_job_of_a_slice_is_a_job_of_its_own(tmp_path):
    with conversations_server() as (server, platform):
        jobs = tuple(
            post_analytics_conversations_details_jobs({"interval": str(day)})
            for day in DAYS.split("day")
        )
        (slice_,) = plan(Export("conversations", jobs, group=3))
        part = fetch(slice_, out=tmp_path, client=client_of(server.url))
        assert len(platform.jobs) == 3
        assert part.totals.records == len(platform.records)
        assert list((tmp_path / "jobs").iterdir()) == []


def test_a_request_with_too_many_records_is_divided(served, tmp_path):
    client, platform, _ = served
    export = Export(
        EXPORT.name, EXPORT.operations, DAYS, moment="conversationStart", reach=20, days=None
    )
    (part,) = run(plan(export), out=tmp_path, client=client)
    assert by_id(read_records(tmp_path)) == by_id(platform.records)
    assert part.totals.shortfall == ""


@pytest.mark.slow
def test_processes(served, tmp_path):
    client, platform, _ = served
    with ProcessPoolExecutor(2) as executor:
        list(run(plan(EXPORT), out=tmp_path, client=client, executor=executor))
    assert by_id(read_records(tmp_path)) == by_id(platform.records)


def test_a_target_of_fsspec(served):
    client, platform, _ = served
    out = "memory://export-test"
    try:
        assert len(list(run(plan(EXPORT), out=out, client=client))) == 3
        assert by_id(read_records(out)) == by_id(platform.records)
        assert verify(out).problems == ()
        assert list(run(plan(EXPORT), out=out, client=lambda: 1 / 0)) == []
    finally:
        fsspec.filesystem("memory").rm("/export-test", recursive=True)


def in_memory(name: str):
    out = f"memory://{name}"
    yield out
    fsspec.filesystem("memory").rm(f"/{name}", recursive=True)


@pytest.fixture(params=["directory", "memory"])
def out(request, tmp_path):
    """The directory of an export, on each kind of target."""
    if request.param == "directory":
        yield str(tmp_path)
    else:
        yield from in_memory("export-out")


def part_names(out) -> list[str]:
    return [name for name in open_target(out).list("") if name.endswith(".jsonl")]


def change_content(platform, text: bytes) -> None:
    """Add a field to the first record that the platform returns."""
    platform._bytes[0] = platform._bytes[0][:-1] + b',"changed":"' + text + b'"}'


def before_entry(monkeypatch, out, *works) -> None:
    """Call the next function each time that a part has been written, but not its entry."""
    kind, left = type(open_target(out)), [*works]
    real = kind.write

    def write(target, name, content):
        if left and name.startswith("manifest/"):
            left.pop(0)()
        real(target, name, content)

    monkeypatch.setattr(kind, "write", write)


@pytest.mark.slow
def test_two_processes_that_fetch_a_slice_at_once_leave_a_consistent_pair(out, monkeypatch):
    with conversations_server() as (server, platform):
        client, slices = client_of(server.url), plan(EXPORT)
        list(run(slices[1:], out=out, client=client))

        def other() -> None:
            change_content(platform, b"by another process")
            fetch(slices[0], out=out, client=client)

        before_entry(monkeypatch, out, other)
        list(run(slices, out=out, client=client))
        assert verify(out).problems == ()
        assert part_names(out) == sorted(part.file for part in read_status(out).parts)
        assert len(list(read_records(out))) == 300


def test_a_part_of_a_process_that_died_is_removed_by_the_next_run(out, monkeypatch):
    with conversations_server() as (server, platform):
        client, slices = client_of(server.url), plan(EXPORT)

        def die() -> None:
            raise Dies

        with monkeypatch.context() as patch:
            before_entry(patch, out, die)
            with pytest.raises(Dies):
                fetch(slices[0], out=out, client=client)
        assert len(part_names(out)) == 1
        change_content(platform, b"since")
        parts = list(run(slices, out=out, client=client))
        assert part_names(out) == sorted(part.file for part in parts)


def test_a_slice_that_is_fetched_again_replaces_its_part(out):
    with conversations_server() as (server, platform):
        client, (slice_, *_) = client_of(server.url), plan(EXPORT)
        first = fetch(slice_, out=out, client=client)
        change_content(platform, b"since")
        second = fetch(slice_, out=out, client=client)
        assert first.file != second.file
        assert part_names(out) == [second.file]


def test_a_fetch_lists_no_directory(served, out, monkeypatch):
    """Otherwise, the work of an export would grow with the square of its slices."""
    client, _, _ = served
    monkeypatch.setattr(type(open_target(out)), "list", None)
    fetch(plan(EXPORT)[0], out=out, client=client)


def test_a_part_that_others_remove_again_and_again_is_reported_and_fetched_by_the_next_run(
    out, monkeypatch
):
    with conversations_server() as (server, _):
        client, slices = client_of(server.url), plan(EXPORT)

        def remove() -> None:
            (name,) = [name for name in part_names(out) if name.startswith(slices[0].id)]
            open_target(out).remove(name)

        list(run(slices[1:], out=out, client=client))
        with monkeypatch.context() as patch:
            before_entry(patch, out, *[remove] * 5)
            with pytest.raises(
                ExportError, match="another process that fetches the same slice"
            ) as caught:
                list(run(slices, out=out, client=client))
        assert caught.value.missing == (slices[0].id,)
        assert [one.id for one in read_status(out).missing] == [slices[0].id]
        assert len(list(run(slices, out=out, client=client))) == 1
        assert verify(out).problems == ()


def test_a_part_that_no_entry_names_is_found(served, out):
    client, _, _ = served
    parts = list(run(plan(EXPORT), out=out, client=client))
    target = open_target(out)
    name = f"{parts[0].slice}-0123456789ab.jsonl"
    target.write(name, b"{}")
    target.write(f"{name}.gz", b"of the user")
    (problem,) = verify(out).problems
    assert problem == f"{name}: has no manifest entry; remove the file"


def test_extensions_of_two_processes_at_once_are_both_kept(served, out):
    """On an object store, which has no locks, a run adds its slices again at its end."""
    client, _, _ = served
    slices = plan(EXPORT)
    list(run(slices[:1], out=out, client=client))
    target = open_target(out)
    read = target.read("export.json")
    running = run(slices[1:2], out=out, client=client)
    target.write("export.json", read)  # as another process that read it before would
    list(run(slices[2:], out=out, client=client))
    list(running)
    status = read_status(out)
    assert (status.slices, status.is_complete) == (3, True)


@pytest.mark.slow
def test_a_directory_is_locked_while_an_export_is_extended(served, tmp_path, monkeypatch):
    client, _, _ = served
    slices, threads, real = plan(EXPORT), [], DirectoryTarget.read
    list(run(slices[:1], out=tmp_path, client=client))

    def read(target, name):
        content = real(target, name)
        if name == "export.json" and not threads:
            other = threading.Thread(
                target=run, args=(slices[2:],), kwargs={"out": tmp_path, "client": client}
            )
            threads.append(other)
            other.start()
            other.join(0.5)  # without a lock, it writes in this time
        return content

    with monkeypatch.context() as patch:
        patch.setattr(DirectoryTarget, "read", read)
        run(slices[1:2], out=tmp_path, client=client)
        threads[0].join()
    assert read_status(tmp_path).slices == 3


def test_a_lock_that_is_not_released_is_reported(served, tmp_path, monkeypatch):
    client, _, _ = served
    monkeypatch.setattr("genesys_cloud.export.targets.TIMEOUT", 0.0)
    with (
        DirectoryTarget(tmp_path).lock(),
        pytest.raises(ExportError, match=r"another process .* run it again"),
    ):
        run(plan(EXPORT), out=tmp_path, client=client)


def test_a_file_system_without_locks_is_used_without(served, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("genesys_cloud.export.targets.wait_for_lock", refuse)
    client, _, _ = served
    assert len(list(run(plan(EXPORT), out=tmp_path, client=client))) == 3


def test_a_file_system_without_links(served, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    client, _, _ = served
    list(run(plan(EXPORT), out=tmp_path, client=client))
    assert verify(tmp_path).problems == ()


def test_users_and_any_listing(served, tmp_path):
    client, _, _ = served
    list(run(plan(find_export("users")), out=tmp_path, client=client))
    assert [one["id"] for one in read_records(tmp_path)] == [f"u{n}" for n in range(30)]


def test_a_slice_that_fails_does_not_stop_the_others(served, tmp_path):
    client, _, _ = served
    operations = (get_users(), get_group_members("nobody"), get_users(state="any"))
    slices = plan(Export("several", operations))
    done = []
    with pytest.raises(ExportError, match="1 of 3 slices failed") as caught:
        done.extend(run(slices, out=tmp_path, client=client))
    assert isinstance(caught.value.__cause__, NotFoundError)
    assert caught.value.missing == (slices[1].id,)
    assert read_status(tmp_path).missing[0].id == slices[1].id


def test_a_failed_slice_leaves_no_file(served, tmp_path):
    client, _, _ = served
    (slice_,) = plan(Export("x", (get_group_members("nobody"),)))
    with pytest.raises(NotFoundError):
        fetch(slice_, out=tmp_path, client=client)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


class Dies(BaseException):
    """The process was killed."""


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(7))
def test_any_step_at_which_a_process_dies_the_export_ends_complete(
    served, tmp_path, monkeypatch, steps
):
    client, platform, _ = served
    left = [steps]

    def dying(real):
        def step(*arguments):
            left[0] -= 1
            if left[0] < 0:
                raise Dies
            return real(*arguments)

        return step

    with monkeypatch.context() as patch:
        for name in ("put", "write"):
            patch.setattr(DirectoryTarget, name, dying(getattr(DirectoryTarget, name)))
        try:
            for slice_ in plan(EXPORT):
                fetch(slice_, out=tmp_path, client=client)
        except Dies:
            pass
    list(run(plan(EXPORT), out=tmp_path, client=client))
    assert by_id(read_records(tmp_path)) == by_id(platform.records)
    assert verify(tmp_path).problems == ()


def test_workers_that_died_end_the_run_and_the_next_one_goes_on(served, tmp_path):
    client, _, _ = served

    class Broken(ThreadPoolExecutor):
        def submit(self, *_, **__):
            future = Future()
            future.set_exception(BrokenProcessPool("a worker died"))
            return future

    with Broken(1) as executor, pytest.raises(BrokenProcessPool):
        list(run(plan(EXPORT), out=tmp_path, client=client, executor=executor))
    assert len(list(run(plan(EXPORT), out=tmp_path, client=client))) == 3


def test_a_run_that_is_closed_starts_nothing_more(served, tmp_path):
    client, _, _ = served
    gate, started = threading.Event(), []

    class Slow(ThreadPoolExecutor):
        def submit(self, work, one):
            started.append(one.id)
            return super().submit(
                lambda: (gate.wait(10) if len(started) > 1 else None, work(one))[1]
            )

    with Slow(1) as executor:
        running = run(plan(EXPORT), out=tmp_path, client=client, executor=executor, ahead=1)
        next(running)
        running.close()
        gate.set()
    assert len(started) == 1
    assert len(read_status(tmp_path).missing) == 2


def test_damage_is_found(served, tmp_path):
    client, _, _ = served
    parts = sorted(run(plan(EXPORT), out=tmp_path, client=client), key=lambda part: part.slice)
    first, second, third = (tmp_path / part.file for part in parts)
    first.write_bytes(first.read_bytes()[:-1])
    second.unlink()
    entry = tmp_path / "manifest" / f"{parts[2].slice}.json"
    content = third.read_bytes()
    document = json.loads(entry.read_bytes())
    document["totals"]["records"] += 1
    entry.write_bytes(json.dumps(document).encode() + b"\n")
    problems = verify(tmp_path).problems
    assert len(problems) == 3
    assert "damaged" in problems[0]
    assert "is missing" in problems[1]
    assert "but its manifest entry has" in problems[2]
    assert third.read_bytes() == content
    entry.write_bytes(b"{")
    assert read_status(tmp_path).missing[0].why == "not fetched"


def test_the_same_record_in_two_files_is_found(served, tmp_path):
    client, platform, _ = served
    same = platform.records[0]
    starts = platform._starts[:]
    slices = plan(EXPORT)
    fetch(slices[0], out=tmp_path, client=client)
    platform.records[-1], kept = same, platform.records[-1]
    platform._bytes[-1], raw = (
        platform._bytes[0].replace(b"2024-03-01", b"2024-03-03"),
        platform._bytes[-1],
    )
    try:
        list(run(slices, out=tmp_path, client=client))
    finally:
        platform.records[-1], platform._bytes[-1] = kept, raw
    assert platform._starts == starts
    assert "1 of its records are duplicates" in verify(tmp_path).problems[0]


def test_records_without_an_id_are_no_duplicates_in_csv(tmp_path):
    with conversations_server() as (server, platform):
        for number in (0, 1):
            platform._bytes[number] = platform._bytes[number].replace(b"conversationId", b"other")
        list(run(plan(EXPORT), out=tmp_path, client=client_of(server.url), format="csv"))
    assert verify(tmp_path).problems == ()


def test_a_run_removes_no_file_of_one_that_extends_the_export(served, tmp_path):
    client, _, _ = served
    running = run(plan(EXPORT)[:1], out=tmp_path, client=client)
    run(plan(EXPORT), out=tmp_path, client=client)
    with DirectoryTarget(tmp_path).new_file() as path:
        path.touch()
        list(running)
        assert path.exists()


def test_a_directory_has_one_export(served, tmp_path):
    client, _, _ = served
    list(run(plan(EXPORT)[:1], out=tmp_path, client=client))
    with pytest.raises(ExportError, match="use another directory"):
        run(plan(find_export("users")), out=tmp_path, client=client)
    with pytest.raises(ExportError, match="the format"):
        run(plan(EXPORT), out=tmp_path, client=client, format="csv")
    with pytest.raises(ExportError, match="contains no export"):
        read_status(tmp_path / "elsewhere")


def test_bad_arguments(tmp_path):
    slices = plan(EXPORT)
    with pytest.raises(InvalidValueError, match="format='xml'"):
        run(slices, out=tmp_path, format="xml")
    with pytest.raises(InvalidValueError, match="ahead=0"):
        run(slices, out=tmp_path, ahead=0)
    with pytest.raises(TypeError, match="executor"):
        run(slices, out=tmp_path, executor=4)
    with Client(host="http://127.0.0.1:9") as client, pytest.raises(TypeError, match="client"):
        run(slices, out=tmp_path, client=client)
    with pytest.raises(TypeError, match="slice"):
        fetch("users", out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_file_system():
    with pytest.raises(
        InvalidValueError, match=r"out='nosuch://\.\.\.': fsspec has no file system"
    ) as refused:
        read_status("nosuch://me:hunter2@host/x")
    assert "hunter2" not in str(refused.value)


def test_slices_and_their_client_travel_and_a_client_does_not(served):
    client, _, _ = served
    assert pickle.loads(pickle.dumps(plan(EXPORT))) == plan(EXPORT)
    with client() as connected, pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(connected)


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImportError, match=r"pip install 'genesys-cloud\[export\]'"):
        run(plan(EXPORT), out=tmp_path, format="parquet")
    with pytest.raises(ImportError, match=r"pip install 'genesys-cloud\[export\]'"):
        run(plan(EXPORT), out="s3://bucket/x")
    assert list(Path(tmp_path).iterdir()) == []
