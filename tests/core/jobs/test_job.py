"""Jobs as values: begun by a reply, or found by their id."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from genesys_core.api import (
    analytics,
    architect,
    integrations,
    knowledge,
    learning,
    recording,
    speech_text_analytics,
    telephony,
    usage,
    users,
    workforce_management,
)
from genesys_core.calls.operation import raw_operation
from genesys_core.codec.intervals import Interval
from genesys_core.errors import InvalidValueError, JobError
from genesys_core.jobs.job import begin_job, find_families, find_family, find_job
from genesys_core.models import (
    AnalyticsConversationAsyncQueryResponse,
    AsyncQueryResponse,
    LearningScheduleSlotsJobResponse,
)
from tests.strategies.jobs import reply

INTERVAL = "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"
START = analytics.post_analytics_conversations_details_jobs({"interval": INTERVAL})
BASE = "/api/v2/analytics/conversations/details/jobs/{jobId}"


def test_the_reply_of_the_start_names_the_job() -> None:
    job = begin_job(START, reply(AsyncQueryResponse(job_id="j1")))
    assert find_family(START) is job.family
    assert job.id == "j1"
    assert job.reply is None
    status = job.status_operation()
    assert (status.endpoint.method, status.endpoint.path) == ("GET", BASE)
    assert status.path == (("jobId", "j1"),)
    results = job.results_operation()
    assert results is not None
    assert results.endpoint.path == f"{BASE}/results"
    assert (job.policy.first, job.policy.longest) == (1, 30)
    assert job.judge(reply({"state": "FULFILLED"})).is_over
    assert repr(job) == "StartedJob(get_analytics_conversations_details_job: 'j1')"


def test_options_and_path_parameters_go_on() -> None:
    start = knowledge.post_knowledge_knowledgebase_export_jobs("base", {}).with_options(timeout=5)
    job = begin_job(start, reply({"id": "j1"}))
    status = job.status_operation()
    assert status.path == (("knowledgeBaseId", "base"), ("exportJobId", "j1"))
    assert status.options.timeout == 5
    assert job.results_operation() is None


def test_an_id_may_be_nested() -> None:
    start = workforce_management.post_workforcemanagement_timeoffbalance_jobs({})
    assert begin_job(start, reply({"job": {"id": "j1"}})).id == "j1"


def test_a_reply_that_is_a_status_is_kept() -> None:
    start = learning.post_learning_scheduleslots_jobs({})
    early = reply(LearningScheduleSlotsJobResponse(results=[]))
    job = begin_job(start, early)
    assert (job.reply, job.id) == (early, "")
    with pytest.raises(JobError, match="post_learning_scheduleslots_jobs: the response has no id"):
        begin_job(start, reply(LearningScheduleSlotsJobResponse()))
    with pytest.raises(JobError, match="the response has no jobId"):
        begin_job(START, reply({"jobId": 7}))


def test_the_families_of_an_operation() -> None:
    path = "/api/v2/analytics/conversations/details/jobs"
    starts, polls = find_families(f"POST {path}")
    assert starts == find_job(START, "j1").family
    assert polls is None
    assert find_families(f"GET {path}/{{jobId}}") == (None, starts)
    assert find_families(f"DELETE {path}/{{jobId}}") == (None, None)
    assert find_families("GET /api/v2/users/me") == (None, None)


def test_what_starts_no_job_is_an_error() -> None:
    with pytest.raises(
        InvalidValueError, match="get_users_me: does not start a job that can be polled"
    ):
        begin_job(users.get_users_me(), reply({}))  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="POST /api/v2/x: does not start a job"):
        find_job(raw_operation("POST", "/api/v2/x"), "j1")


def test_a_job_is_found_by_the_operation_that_started_it_or_by_its_status() -> None:
    one = find_job(START, "j1")
    other = find_job(analytics.get_analytics_conversations_details_job("j1"), None)
    assert one.status_operation() == other.status_operation()
    assert one.interval_end == datetime(2024, 1, 2, tzinfo=UTC)
    assert other.interval_end is None
    assert find_job(other.status_operation(), "j2").id == "j2"


@pytest.mark.parametrize("id", [None, ""])
def test_a_job_without_an_id_is_not_found(id: str | None) -> None:
    with pytest.raises(InvalidValueError, match="pass a job's id"):
        find_job(START, id)


def test_wrong_types_are_rejected() -> None:
    with pytest.raises(TypeError, match="id must be a str or None, not an int"):
        find_job(START, 7)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="must be an operation"):
        find_job("j1", None)  # type: ignore[call-overload]


def test_a_path_parameter_that_is_missing_is_an_error_that_names_it(monkeypatch) -> None:
    from genesys_core.api import _jobs

    start = integrations.post_integrations_speech_nuance_nuance_integration_id_bots_jobs("n")
    path = "/api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/{botId}/jobs/{jobId}"
    key = f"POST {start.endpoint.path}"
    monkeypatch.setitem(_jobs.SUBMITS, key, (path, "id"))
    with pytest.raises(
        InvalidValueError, match=r"has no value for botId in .* pass the operation get_integ"
    ):
        find_job(start, "j1")


def test_cancelling() -> None:
    cancel = find_job(START, "j1").cancel_operation()
    assert (cancel.endpoint.method, cancel.path, cancel.body) == (
        "DELETE",
        (("jobId", "j1"),),
        None,
    )
    start = knowledge.post_knowledge_knowledgebase_synchronize_jobs("base", {})
    change = find_job(start, "j1").cancel_operation()
    assert (change.endpoint.method, change.body) == ("PATCH", {"status": "AbortRequested"})
    with pytest.raises(JobError, match="offers no operation that cancels job j1"):
        find_job(architect.get_flows_job("j1"), None).cancel_operation()


def test_results_are_read_where_they_are() -> None:
    job = find_job(START, "j1")
    page = AnalyticsConversationAsyncQueryResponse(conversations=[])
    assert job.read_results(page) == []
    assert job.read_results({"conversations": [1]}) == [1]
    inline = find_job(learning.post_learning_scheduleslots_jobs({}), "j1")
    assert inline.read_results({"results": [1]}) == [1]
    single = find_job(speech_text_analytics.get_speechandtextanalytics_reprocessing_job("j1"), None)
    assert single.read_results({"interactions": 3}) in ([3], ({"interactions": 3},))
    plain = find_job(
        integrations.get_integrations_speech_nuance_nuance_integration_id_bot_job("n", "b", "j1"),
        None,
    )
    assert plain.read_results({"any": 1}) == ({"any": 1},)
    assert plain.read_results(None) == ()


def test_usage_results_are_the_status() -> None:
    job = find_job(usage.post_usage_query({}), "e1")
    assert job.results_operation() == job.status_operation()
    assert job.policy.first == 30


def test_the_next_step_of_recordings() -> None:
    job = find_job(recording.get_recording_job("j1"), None)
    assert "put_recording_job(job.id, {'state': 'PROCESSING'})" in str(
        job.judge(reply({"state": "READY"})).error
    )
    assert find_job(telephony.post_telephony_siptraces_download({}), "d").family.links == ("url",)


def test_a_data_lag_is_found_where_the_interval_is_known() -> None:
    job = find_job(START, "j1")
    behind = datetime(2024, 1, 1, 12, tzinfo=UTC)
    lag = job.find_data_lag({"dataAvailabilityDate": behind})
    assert "has data only up to 2024-01-01T12:00:00+00:00" in lag
    page = AnalyticsConversationAsyncQueryResponse(data_availability_date=behind)
    assert job.find_data_lag(page) == lag
    # The platform's times are in UTC.
    assert job.find_data_lag({"dataAvailabilityDate": behind.replace(tzinfo=None)}) == lag
    for other in (datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 2), "x", None):  # noqa: DTZ001 - UTC
        assert job.find_data_lag({"dataAvailabilityDate": other}) == ""
    elsewhere = find_job(analytics.get_analytics_conversations_details_job("j1"), None)
    assert elsewhere.find_data_lag({"dataAvailabilityDate": behind}) == ""
    odd = find_job(analytics.post_analytics_conversations_details_jobs({"interval": "x"}), "j1")
    assert odd.interval_end is None
    day = Interval(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
    own = find_job(analytics.post_analytics_conversations_details_jobs({"interval": day}), "j1")
    assert own.find_data_lag({"dataAvailabilityDate": behind}) == lag
