"""The status of a job, read as its family prescribes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from msgspec.structs import replace

from genesys_core.errors import JobFailedError
from genesys_core.jobs.status import JobStatus, judge_status, read_inline_results, read_status
from genesys_core.models import AsyncQueryStatus
from tests.strategies.jobs import FAMILY, reply

STATELESS = replace(FAMILY, state="", states={})


@pytest.mark.parametrize(
    ("state", "kind", "is_over"),
    [
        ("Queued", "running", False),
        ("Ready", "stopped", False),
        ("Done", "succeeded", True),
        ("Partly", "partial", True),
        ("Failed", "failed", True),
        ("Cancelled", "cancelled", True),
        ("Novel", "unknown", False),
        (None, "running", False),
        (7, "running", False),
    ],
)
def test_what_a_state_means(state: object, kind: str, is_over: bool) -> None:
    status = read_status(FAMILY, reply({"state": state}))
    assert (status.kind, status.is_over) == (kind, is_over)


def test_a_model_is_read_as_an_object_is() -> None:
    assert read_status(FAMILY, reply(AsyncQueryStatus(state="Done"))).kind == "succeeded"
    assert read_status(FAMILY, reply(None)).kind == "running"
    assert read_status(FAMILY, reply("Done")).kind == "running"


@pytest.mark.parametrize(
    ("data", "status", "kind"),
    [
        ({}, 200, "running"),
        ({"downloadUrl": "https://x"}, 200, "succeeded"),
        ({"downloadUrls": ["https://x"]}, 202, "running"),
        ({"results": []}, 200, "succeeded"),
        (None, 200, "running"),
    ],
)
def test_without_states_a_job_is_over_once_results_or_a_link_are_there(
    data: object, status: int, kind: str
) -> None:
    assert read_status(STATELESS, reply(data, status)).kind == kind


def test_without_anything_to_look_at_a_job_is_over_unless_it_is_accepted() -> None:
    bare = replace(STATELESS, links=(), inline=())
    assert read_status(bare, reply(None)).kind == "succeeded"
    assert read_status(bare, reply(None, 202)).kind == "running"


@pytest.mark.parametrize(
    ("fields", "data", "progress"),
    [
        ((), {}, None),
        (("percentComplete",), {"percentComplete": 25}, 0.25),
        (("percentComplete",), {"percentComplete": 250}, 1.0),
        (("percentComplete",), {"percentComplete": None}, None),
        (("percentComplete",), {"percentComplete": True}, None),
        (("percentComplete",), {"percentComplete": float("nan")}, None),
        (("percentComplete",), {"percentComplete": 10**5000}, None),
        (("percentComplete",), {"percentComplete": -3}, 0.0),
        (("done", "of"), {"done": 1, "of": 4}, 0.25),
        (("done", "of"), {"done": 0, "of": 0}, None),
        (("done", "of"), {"done": 1}, None),
        (("done", "of"), {"done": 0.25, "of": 0.5}, 0.5),
        (("done", "of"), {"done": 0.0, "of": 1e15}, None),
        (("done", "of"), {"done": 0.0, "of": math.nextafter(1e15, 0)}, 0.0),
    ],
)
def test_progress(fields: tuple[str, ...], data: dict[str, Any], progress: float | None) -> None:
    assert read_status(replace(FAMILY, progress=fields), reply(data)).progress == progress


def test_links_and_the_upload_url_are_read_and_not_shown() -> None:
    data = {
        "state": "Done",
        "downloadUrl": "https://one",
        "downloadUrls": ["https://two", None, "", 7],
        "uploadUrl": "https://secret",
    }
    status = read_status(FAMILY, reply(data))
    assert status.links == ("https://one", "https://two")
    assert status.upload_url == "https://secret"
    assert repr(status) == "JobStatus('Done', 'succeeded', progress=None)"
    assert read_status(replace(FAMILY, upload=""), reply(data)).upload_url == ""
    assert JobStatus("", "unknown").links == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, ""),
        ({"errorMessage": "one"}, "one"),
        ({"errors": ["one", {"message": "two", "code": "x"}, {"errorCode": "three"}, 7]},
         "one; two; three"),
        ({"errorMessage": "one", "errors": {"description": "two"}}, "one; two"),
        ({"errorMessage": "", "errors": ["", {"description": "two"}]}, "two"),
    ],
)  # fmt: skip
def test_the_description_of_a_failure(data: dict[str, Any], message: str) -> None:
    assert read_status(FAMILY, reply(data)).message == message


def test_what_a_status_means_for_those_who_wait() -> None:
    done = judge_status(FAMILY, "j1", reply({"state": "Done"}))
    assert (done.is_over, done.error, done.warning, done.seen) == (True, None, "", "Done")
    running = judge_status(FAMILY, "j1", reply({"state": "Queued"}))
    assert (running.is_over, running.error, running.warning) == (False, None, "")
    partly = judge_status(FAMILY, "j1", reply({"state": "Partly"}))
    assert (partly.is_over, partly.error) == (True, None)
    assert partly.warning == "get_thing_job: job j1 succeeded partially (Partly)"
    failed = judge_status(FAMILY, "j1", reply({"state": "Failed"}))
    assert str(failed.error) == "get_thing_job: job j1 ended as Failed"
    cancelled = judge_status(FAMILY, "j1", reply({"state": "Cancelled", "errorMessage": "why"}))
    assert isinstance(cancelled.error, JobFailedError)
    assert cancelled.error.is_cancelled
    assert isinstance(failed.error, JobFailedError)
    assert not failed.error.is_cancelled
    assert str(cancelled.error) == "get_thing_job: job j1 was cancelled (Cancelled): why"
    novel = judge_status(FAMILY, "j1", reply({"state": "Novel"}))
    assert (novel.is_over, novel.error) == (False, None)
    assert "(known: Queued, Running" in novel.warning
    stopped = judge_status(FAMILY, "j1", reply({"state": "Ready"}))
    assert stopped.is_passing
    assert str(stopped.error) == "get_thing_job: job j1 waits in the state Ready: put it"


def test_results_in_a_status() -> None:
    assert read_inline_results(FAMILY, {"results": [1, 2]}) == [1, 2]
    assert read_inline_results(FAMILY, {"result": {"a": 1}}) == ({"a": 1},)
    assert read_inline_results(FAMILY, {}) == ()
