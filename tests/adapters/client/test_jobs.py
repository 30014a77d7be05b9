"""Jobs in the user's hands: every family to each of its ends, in all flavours."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.structs import replace

from genesys_cloud import AsyncClient, Client, Interval, JobWarning
from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from genesys_core import api, models
from genesys_core.api import analytics, architect, routing, users
from genesys_core.api._jobs import FAMILIES, SUBMITS
from genesys_core.calls.job_family import JobFamily
from genesys_core.calls.operation import JobOperation, Operation
from genesys_core.errors import (
    InvalidValueError,
    JobError,
    JobFailedError,
    JobStoppedError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    WaitTimeoutError,
)
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.jobs.waiting import LAST_POLL
from tests.helpers.fake_time import FakeTime
from tests.helpers.flavours import Api, every_flavour, settled
from tests.helpers.server import Reply, Seen, scripted_server

HOST: dict[str, Any] = {"host": "https://api.example", "access_token": "t"}
DETAILS = "/api/v2/analytics/conversations/details/jobs"
START = analytics.post_analytics_conversations_details_jobs(
    {"interval": "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"}
)


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    return FakeTime(monkeypatch)


class Platform:
    """Answers the start of a job, then a script of statuses of which the last one stays."""

    def __init__(
        self,
        *statuses: Any,
        started: Any = None,
        others: Callable[[Request], Response] | None = None,
    ) -> None:
        self.statuses = list(statuses)
        self.started = {"jobId": "j1"} if started is None else started
        self.others = others
        self.seen: list[str] = []

    def __call__(self, request: Request) -> Response:
        path = request.url.removeprefix("https://api.example")
        self.seen.append(f"{request.method} {path}")
        if request.method == "POST":
            return json_response(self.started, 202)
        if self.others is not None and not path.endswith("/j1"):
            return self.others(request)
        if request.method == "DELETE":
            return Response(204, json_response({}).headers)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return status if isinstance(status, Response) else json_response(status)


def options(handler: Callable[[Request], Response], run: Any) -> dict[str, Any]:
    transport = MockTransport if "sync" in run.__name__.split("_") else AsyncMockTransport
    return {**HOST, "transport": transport(handler)}


async def listed(results: Any) -> list[Any]:
    if hasattr(results, "__aiter__"):
        return [item async for item in results]
    return list(results)


def details(request: Request) -> Response:
    if "cursor=2" in request.url:
        return json_response({"conversations": [{"conversationId": "b"}]})
    return json_response({"conversations": [{"conversationId": "a"}], "cursor": "2"})


@every_flavour
@pytest.mark.parametrize("what", ["results", "pages"])
@pytest.mark.parametrize("failing", ["status", "first", "second"])
def test_after_an_error_the_same_iterator_continues(
    run, fake_time: FakeTime, what: str, failing: str
) -> None:
    """A program that goes on after an error must not take the rest for the end."""
    refusals = [json_response({"message": "no"}, 403)]

    def refused(is_this_one: bool) -> Response | None:
        return refusals.pop() if is_this_one and refusals else None

    def others(request: Request) -> Response:
        second = "cursor=2" in request.url
        return refused(failing == ("second" if second else "first")) or details(request)

    class Refusing(Platform):
        def __call__(self, request: Request) -> Response:
            polled = request.url.endswith("/j1")
            return refused(polled and failing == "status") or super().__call__(request)

    async def scenario(api: Api) -> None:
        job = await settled(api.client.job(START, "j1"))
        items, found, errors = getattr(job, what)(), [], 0
        while True:
            try:
                each = await anext(items) if hasattr(items, "__anext__") else next(items)
                found.append(each)
            except (StopIteration, StopAsyncIteration):
                break
            except PermissionDeniedError:
                errors += 1
        assert (len(found), errors) == (2, 1)
        closed = items.aclose() if hasattr(items, "aclose") else items.close()
        if inspect.isawaitable(closed):
            await closed

    platform = Refusing({"state": "FULFILLED"}, others=others)
    run(scenario, **options(platform, run))


@every_flavour
def test_results_that_are_closed_before_their_first_item_request_nothing(run) -> None:
    platform = Platform({"state": "FULFILLED"}, others=details)

    async def scenario(api: Api) -> None:
        job = await settled(api.client.job(START, "j1"))
        items = job.results(prefetch=1)
        if hasattr(items, "aclose"):
            await items.aclose()
        else:
            items.close()
        assert await listed(items) == []
        items = job.results()
        await (anext(items) if hasattr(items, "__anext__") else settled(next(items)))
        if hasattr(items, "aclose"):
            await items.aclose()
        else:
            items.close()
        assert await listed(items) == []

    run(scenario, **options(platform, run))
    assert platform.seen == [f"GET {DETAILS}/j1", f"GET {DETAILS}/j1/results"]


@every_flavour
def test_a_job_from_its_start_to_its_results(run, fake_time: FakeTime) -> None:
    platform = Platform(
        {"state": "QUEUED"}, {"state": "PENDING"}, {"state": "FULFILLED"}, others=details
    )

    async def scenario(api: Api) -> None:
        start = api.client.analytics.post_analytics_conversations_details_jobs.run
        job = await settled(start({"interval": str(Interval.parse("2024-01-01T00:00Z/P1D"))}))
        assert (job.id, job.state, job.progress, job.is_over, job.status) == (
            "j1",
            "",
            None,
            False,
            None,
        )
        status = await settled(job.wait(deadline=60))
        assert isinstance(status, models.AsyncQueryStatus)
        assert (job.state, job.is_over, job.status) == ("FULFILLED", True, status)
        assert repr(job).endswith("Job(get_analytics_conversations_details_job, 'j1', 'FULFILLED')")
        found = await listed(job.results())
        assert [one.conversation_id for one in found] == ["a", "b"]

    run(scenario, **options(platform, run))
    assert platform.seen == [
        f"POST {DETAILS}",
        *[f"GET {DETAILS}/j1"] * 3,
        f"GET {DETAILS}/j1/results",
        f"GET {DETAILS}/j1/results?cursor=2",
    ]
    one, two = fake_time.slept
    assert 0.8 <= one <= 1 < two <= 1.5


@every_flavour
def test_results_by_page(run, fake_time: FakeTime) -> None:
    platform = Platform({"state": "FULFILLED"}, others=details)

    async def scenario(api: Api) -> None:
        start = api.client.analytics.post_analytics_conversations_details_jobs.run
        job = await settled(start({"interval": "2024-01-01T00:00Z/P1D"}))
        pages = await listed(job.pages())
        assert [[one.conversation_id for one in page.conversations] for page in pages] == [
            ["a"],
            ["b"],
        ]

    run(scenario, **options(platform, run))
    assert platform.seen[-2:] == [
        f"GET {DETAILS}/j1/results",
        f"GET {DETAILS}/j1/results?cursor=2",
    ]


@every_flavour
def test_results_without_pages_are_refused(run, fake_time: FakeTime) -> None:
    async def scenario(api: Api) -> None:
        job = await settled(
            api.client.workforce_management.post_workforcemanagement_adherence_historical_bulk.run(
                {}
            )
        )
        with pytest.raises(JobError, match=r"have no pages; use job\.results"):
            await listed(job.pages())

    platform = Platform({}, started={"job": {"id": "j1"}})
    run(scenario, **options(platform, run))
    assert len(platform.seen) == 1


@every_flavour
def test_results_wait_for_the_job_and_for_themselves(run, fake_time: FakeTime) -> None:
    replies = iter([json_response({}, 404), json_response({}, 202)])
    platform = Platform(
        {"state": "PENDING"},
        {"state": "FULFILLED"},
        others=lambda r: next(replies, None) or details(r),
    )

    async def scenario(api: Api) -> None:
        job = await settled(api.client.run(START))
        found = await listed(job.results(limit=1))
        assert [one.conversation_id for one in found] == ["a"]
        assert job.results_operation.endpoint.path.endswith("/results")

    run(scenario, **options(platform, run))
    assert len(fake_time.slept) == 3


@every_flavour
def test_a_data_lag_is_a_warning(run, fake_time: FakeTime) -> None:
    page = {"conversations": [], "dataAvailabilityDate": "2024-01-01T12:00:00Z"}
    platform = Platform({"state": "FULFILLED"}, others=lambda _: json_response(page))

    async def scenario(api: Api) -> None:
        job = await settled(api.client.run(START))
        with pytest.warns(JobWarning, match="has data only up to 2024-01-01T12:00:00"):
            assert await listed(job.results()) == []

    run(scenario, **options(platform, run))


@every_flavour
def test_an_unknown_state_is_reported_at_once_and_waited_on(run, fake_time: FakeTime) -> None:
    platform = Platform({"state": "HIBERNATING"}, {"state": "FULFILLED"})

    async def scenario(api: Api) -> None:
        job = await settled(api.client.run(START))
        with pytest.warns(JobWarning, match="has the unknown state 'HIBERNATING'"):
            await settled(job.wait())
        assert job.state == "FULFILLED"

    run(scenario, **options(platform, run))


@every_flavour
def test_a_stopped_job_goes_on_after_the_step_that_it_waits_for(run, fake_time: FakeTime) -> None:
    ready, done = {"state": "READY"}, {"state": "FULFILLED"}
    platform = Platform({"state": "PENDING"}, ready, ready, done, started={"id": "j1"})

    async def scenario(api: Api) -> None:
        job = await settled(api.client.recording.post_recording_jobs.run({}))
        with pytest.raises(JobStoppedError, match="put_recording_job") as caught:
            await settled(job.wait())
        assert caught.value.state == job.state == "READY"
        await settled(job.wait())
        assert job.state == "FULFILLED"

    run(scenario, **options(platform, run))


@every_flavour
def test_an_import_says_where_to_upload_to(run, fake_time: FakeTime) -> None:
    waiting = {"id": "j1", "status": "WaitingForUpload", "uploadURI": "https://api.example/put"}
    platform = Platform(waiting, started=waiting)

    async def scenario(api: Api) -> None:
        start = api.client.architect.post_flows_datatable_import_jobs.run
        job = await settled(start("table", {"importMode": "Append"}))
        assert job.upload_url == "https://api.example/put"
        with pytest.raises(JobStoppedError, match=r"upload the file to job\.upload_url"):
            await settled(job.wait())

    run(scenario, **options(platform, run))


@every_flavour
def test_cancelling(run, fake_time: FakeTime) -> None:
    platform = Platform({"state": "PENDING"}, {"state": "CANCELLED"})

    async def scenario(api: Api) -> None:
        job = await settled(api.client.run(START))
        await settled(job.cancel())
        with pytest.raises(JobFailedError) as caught:
            await settled(job.wait())
        assert caught.value.is_cancelled
        with pytest.raises(JobFailedError):  # asked again, it says the same
            await settled(job.wait())
        flow = api.client.job(architect.get_flows_job("j1"))
        with pytest.raises(JobError, match="offers no operation"):
            await settled(flow.cancel())

    run(scenario, **options(platform, run))
    assert platform.seen[1] == f"DELETE {DETAILS}/j1"


@every_flavour
def test_a_deadline(run, fake_time: FakeTime) -> None:
    async def scenario(api: Api) -> None:
        job = await settled(api.client.run(START))
        with pytest.raises(
            WaitTimeoutError, match=r"job j1: did not complete within 10 s \(last seen: PENDING"
        ):
            await settled(job.wait(deadline=10))
        with pytest.raises(InvalidValueError, match="deadline=-1"):
            await settled(job.wait(deadline=-1))
        with pytest.raises(TypeError, match="deadline must be a number"):
            await settled(job.wait(deadline="soon"))

    run(scenario, **options(Platform({"state": "PENDING"}), run))
    assert fake_time.now == 1010


@every_flavour
def test_a_poll_that_hangs_ends_with_the_wait(run, fake_time: FakeTime) -> None:
    timeouts = []

    def hang(request: Request) -> Response:
        if request.method == "POST":
            return json_response({"jobId": "j1"}, 202)
        read = request.timeout.read
        assert read is not None
        timeouts.append(read)
        if len(timeouts) == 1:
            return json_response({"state": "PENDING"})
        fake_time.now += read
        raise TransportFailure("no response", kind="timeout", sent=True)

    async def scenario(api: Api) -> None:
        job = await settled(api.client.run(START))
        with pytest.raises(WaitTimeoutError, match="within 30 s"):
            await settled(job.wait(deadline=30))

    run(scenario, **options(hang, run))
    assert timeouts[0] == 30
    assert fake_time.now <= 1030 + LAST_POLL


@every_flavour
def test_links_are_fetched_again_when_they_have_expired(run, tmp_path: Path) -> None:
    links = iter("abcde")

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return json_response({"id": "j1"})
        if request.url.endswith("/a"):
            return json_response({}, 403)
        if "/files/" in request.url:
            return Response(200, json_response({}).headers, request.url[-1].encode())
        url = f"https://api.example/files/{next(links)}"
        return json_response({"status": "Success", "downloadUrl": url})

    async def scenario(api: Api) -> None:
        job = await settled(api.client.architect.post_flows_export_jobs.run({}))
        path = await settled(job.download(tmp_path / "export"))
        assert path.read_bytes() == b"b"
        assert await settled(job.links()) == ("https://api.example/files/c",)
        with pytest.raises(JobError, match=r"are in a file; use job\.download\(path\)"):
            await listed(job.results())
        with pytest.raises(JobError, match=r"has 1 link .* link 1, counted from 0, was requested"):
            await settled(job.download(tmp_path / "other", link=1))

    run(scenario, **options(answer, run))


@every_flavour
def test_a_link_that_stays_forbidden_is_an_error(run, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        if "/files/" in request.url:
            return json_response({}, 403)
        return json_response({"status": "Success", "downloadUrl": "https://api.example/files/a"})

    async def scenario(api: Api) -> None:
        job = api.client.job(architect.get_flows_export_job("j1"))
        with pytest.raises(PermissionDeniedError):
            await settled(job.download(tmp_path / "export"))
        assert await settled(job.refresh()) == job.status

    run(scenario, **options(answer, run))


@every_flavour
def test_waiting_until_something_is_true(run, fake_time: FakeTime) -> None:
    names = iter([json_response({}, 404), json_response({}, 404), {"name": "old"}, {"name": "new"}])

    def answer(request: Request) -> Response:
        found = next(names, {"name": "newer"})
        return found if isinstance(found, Response) else json_response(found)

    async def scenario(api: Api) -> None:
        wait_until, read = api.client.wait_until, routing.get_routing_queue("q")
        queue = await settled(wait_until(read, lambda queue: queue.name == "new"))
        assert queue.name == "new"
        with pytest.raises(
            WaitTimeoutError, match="get_routing_queue: the condition: did not complete"
        ):
            await settled(wait_until(read, lambda queue: False, deadline=5))
        with pytest.raises(InvalidValueError, match="delete_user: a DELETE may change data"):
            await settled(wait_until(users.delete_user("id"), lambda _: True))
        with pytest.raises(TypeError, match="condition must be a function"):
            await settled(wait_until(read, True))

    run(scenario, **options(answer, run))
    assert len(fake_time.slept) > 3


@every_flavour
def test_failures_of_polls(run, fake_time: FakeTime) -> None:
    broken = json_response({}, 503)
    platform = Platform(broken, broken, {"state": "FULFILLED"})

    async def scenario(api: Api) -> None:
        await settled((await settled(api.client.run(START))).wait())
        platform.statuses = [broken]
        with pytest.raises(ServerError):
            await settled((await settled(api.client.run(START))).wait())
        platform.statuses = [json_response({}, 404)]
        with pytest.raises(NotFoundError):
            await settled((await settled(api.client.run(START))).wait())

    run(scenario, **options(platform, run))


@every_flavour
def test_run_shows_the_parameters_of_its_method(run) -> None:
    async def scenario(api: Api) -> None:
        method = api.client.architect.post_flows_datatable_import_jobs
        assert list(inspect.signature(method.run).parameters) == ["datatable_id", "body"]
        assert method.run.__doc__ == "Start the job and return it."

    run(scenario, **options(Platform({}), run))


@every_flavour
def test_what_starts_no_job_cannot_be_run(run) -> None:
    async def scenario(api: Api) -> None:
        with pytest.raises(InvalidValueError, match="get_users_me: does not start a job"):
            api.client.job(users.get_users_me(), "j1")
        with pytest.raises(JobError, match="the response has no jobId"):
            await settled(api.client.run(START))
        assert not hasattr(api.client.users.get_users_me, "run")

    run(scenario, **options(Platform({}, started={"other": 1}), run))


def test_asyncio_cancels_in_a_pause_and_waits_again() -> None:
    async def main() -> None:
        polled = asyncio.Event()
        platform = Platform({"state": "PENDING"}, {"state": "FULFILLED"})

        def answer(request: Request) -> Response:
            polled.set()
            return platform(request)

        async with AsyncClient(transport=AsyncMockTransport(answer), **HOST) as client:
            job = client.job(START, "j1")
            task = asyncio.create_task(job.wait())
            await polled.wait()
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await job.wait()).state == "FULFILLED"
        assert len(platform.seen) == 2

    asyncio.run(main())


def test_trio_cancels_in_a_pause_and_waits_again() -> None:
    async def main() -> None:
        platform = Platform({"state": "PENDING"}, {"state": "FULFILLED"})
        scope = trio.CancelScope()

        def answer(request: Request) -> Response:
            response = platform(request)
            if len(platform.seen) == 1:
                scope.cancel()  # delivered in the pause that follows
            return response

        async with AsyncClient(transport=AsyncMockTransport(answer), **HOST) as client:
            job = client.job(START, "j1")
            with scope:
                await job.wait()
            assert scope.cancelled_caught
            assert job.state == "PENDING"
            assert (await job.wait()).state == "FULFILLED"

    trio.run(main)


OTHER_PROCESS = """
import sys
from genesys_cloud import Client, api
client = Client(host=sys.argv[1], access_token="t", trust_env=False)
job = client.job(api.analytics.get_analytics_conversations_details_job(sys.argv[2]))
print(job.wait().state, *[one.conversation_id for one in job.results()])
"""


@pytest.mark.slow
def test_another_process_takes_a_job_up() -> None:
    def handler(seen: Seen) -> Reply:
        if seen.method == "POST":
            return Reply(202, {"jobId": "j1"})
        if seen.path.endswith("/results"):
            return Reply(json={"conversations": [{"conversationId": "a"}]})
        return Reply(json={"state": "FULFILLED"})

    with scripted_server(handler) as server:
        with Client(host=server.url, access_token="t", trust_env=False) as client:
            job = client.run(START)
        done = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS, server.url, job.id],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    assert done.stdout.split() == ["FULFILLED", "a"]


@every_flavour
def test_over_sockets(run) -> None:
    def handler(seen: Seen) -> Reply:
        if seen.method == "POST":
            return Reply(202, {"jobId": "j1"})
        if seen.path.endswith("/results"):
            return Reply(json={"conversations": [{"conversationId": "a"}]})
        return Reply(json={"state": "FULFILLED"})

    async def scenario(api: Api) -> None:
        job = await settled(api.client.run(START))
        assert [one.conversation_id for one in await listed(job.results())] == ["a"]

    with scripted_server(handler) as server:
        run(scenario, host=server.url, access_token="t")


# Every family, as read by hand.

_, *_LINES = (
    (Path(__file__).parents[2] / "core/definition/read/jobs_269.tsv").read_text().splitlines()
)
ROWS = {line.split("\t")[0]: line.split("\t")[1:] for line in _LINES}


@cache
def starts() -> list[JobOperation[Any, Any, Any]]:
    """Each operation that starts a job, built by its builder."""
    found: dict[str, JobOperation[Any, Any, Any]] = {}
    for name in api.__all__:
        for builder in vars(import_module(f"genesys_core.api.{name}")).values():
            hint = getattr(builder, "__annotations__", {}).get("return", "")
            if not str(hint).startswith("_Jobs["):
                continue
            needed = inspect.signature(builder).parameters.values()
            given = {one.name: "x" for one in needed if one.default is one.empty}
            operation = builder(**given)
            body: Any = {None: None, "array": [], "string": "x"}.get(operation.endpoint.body, {})
            operation = replace(operation, body=body)
            found[f"{operation.endpoint.method} {operation.endpoint.path}"] = operation
    return list(found.values())


def nested(path: str, value: object) -> Any:
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def with_results(family: JobFamily) -> Any:
    """What a status without states has once the job is over."""
    if family.status.returns == "str":
        return "x"
    if family.links:
        return {family.links[0]: ["https://x"] if family.links[0].endswith("s") else "https://x"}
    for name in family.inline:
        model = getattr(models, family.status.returns or "")
        wires = dict(zip(model.__struct_encode_fields__, model.__struct_fields__, strict=True))
        return {name: [] if "list[" in str(model.__annotations__[wires[name]]) else {}}
    return {}


def ends(family: JobFamily, row: list[str]) -> Iterator[tuple[str, list[Any]]]:
    """How the family's jobs can end, and the statuses that lead there."""
    _, field, states, succeeded, partial, cancelled, stopped, over, *_ = row
    if not field:
        yield "succeeded", [Response(202, json_response({}).headers, b""), with_results(family)]
        return
    good = (succeeded or partial).split("|")[0]
    for state in states.split("|"):
        script = [{field: state}, {field: good}]
        if state in succeeded.split("|"):
            yield "succeeded", script
        elif state in partial.split("|"):
            yield "partial", script
        elif state in cancelled.split("|"):
            yield "cancelled", script
        elif state in over.split("|"):
            yield "failed", script
        elif state == stopped:
            yield "stopped", [{field: state}]
        else:
            yield "succeeded", script
    yield "unknown", [{field: "Novel"}, {field: good}]


def test_every_family_is_in_the_table_read_by_hand() -> None:
    assert FAMILIES.keys() == ROWS.keys()
    assert len(FAMILIES) == 125


@pytest.mark.slow
@every_flavour
def test_every_family_comes_to_each_of_its_ends(run, fake_time: FakeTime) -> None:
    platform = Platform({})
    ran = 0
    assert len(starts()) == len(SUBMITS)

    async def follow(job: Any, family: JobFamily, end: str) -> None:
        if end in ("cancelled", "failed", "stopped"):
            expected = JobStoppedError if end == "stopped" else JobFailedError
            with pytest.raises(expected) as caught:
                await settled(job.wait())
            assert getattr(caught.value, "is_cancelled", False) == (end == "cancelled")
            return
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            await settled(job.wait(deadline=86_400))
        said = [str(one.message) for one in given]
        assert len(said) == (end in ("partial", "unknown")), (family.status.path, end, said)
        assert job.is_over

    def status_of(family: JobFamily) -> Operation[Any]:
        return Operation(family.status, tuple((n, "x") for n in path_names(family.status.path)))

    def path_names(path: str) -> list[str]:
        return [part[1:-1] for part in path.split("/") if part.startswith("{")]

    async def scenario(api: Api) -> None:
        nonlocal ran
        for path, family in FAMILIES.items():
            for end, script in ends(family, ROWS[path]):
                platform.statuses = script
                platform.others = lambda _, p=platform: (
                    p.statuses.pop(0)
                    if isinstance(p.statuses[0], Response)
                    else json_response(p.statuses.pop(0) if len(p.statuses) > 1 else p.statuses[0])
                )
                await follow(api.client.job(status_of(family)), family, end)
                ran += 1
        for start in starts():
            key = f"{start.endpoint.method} {start.endpoint.path}"
            path, id_field = SUBMITS[key]
            answers = [nested(id_field, "j1"), *next(ends(FAMILIES[path], ROWS[path]))[1][-1:]]
            platform.others = lambda _, a=answers: json_response(a.pop(0))
            platform.started = answers[0]
            if start.endpoint.method == "POST":
                answers.pop(0)
            job = await settled(api.client.run(start))
            assert job.id == "j1", key

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return json_response(platform.started, 202)
        assert platform.others is not None
        return platform.others(request)

    run(scenario, **options(answer, run))
    assert ran > 600
