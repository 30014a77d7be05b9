"""Jobs from their start to their results."""

import pytest

from genesys_core.simulator import Settings
from tests.strategies.simulator import Desk

DETAILS = "/api/v2/analytics/conversations/details/jobs"
INTERVAL = {"interval": "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"}
RECORDINGS = "/api/v2/recording/jobs"
BULK = {"action": "DELETE", "actionDate": "2024-01-01T00:00:00.000Z"}
IMPORT = {"importMode": "Append", "status": "Processing"}


def test_a_job_ends_with_results_on_the_simulators_clock():
    desk = Desk(settings=Settings(job_duration=10))
    job = desk.call("POST", DETAILS, INTERVAL).json["jobId"]
    where, states = f"{DETAILS}/{job}", []
    for _ in range(4):
        status = desk.call("GET", where).json
        states.append(status["state"])
        assert "errorMessage" not in status
        results = desk.call("GET", f"{where}/results")
        assert results.status == (200 if states[-1] == "FULFILLED" else 404)
        desk.sleep(4)
    assert states == ["QUEUED", "QUEUED", "PENDING", "FULFILLED"]
    assert "cursor" not in results.json
    assert desk.call("DELETE", where).status in {200, 204}
    assert desk.call("GET", f"{where}/results").status == 404


def test_results_of_jobs_that_find_no_conversations_are_examples():
    desk = Desk()
    users = "/api/v2/analytics/users/details/jobs"
    job = desk.call("POST", users, INTERVAL).json["jobId"]
    desk.sleep(1)
    assert len(desk.call("GET", f"{users}/{job}/results").json["userDetails"]) == 1


def test_a_job_for_no_interval_has_an_example_of_results():
    desk = Desk()
    job = desk.call("POST", DETAILS, {"interval": "a day"}).json["jobId"]
    desk.sleep(1)
    assert len(desk.call("GET", f"{DETAILS}/{job}/results").json["conversations"]) == 1


def test_results_in_pages():
    desk = Desk(settings=Settings(page_size=2))
    seeded = desk.simulator.seed_items("GET", f"{DETAILS}/{{jobId}}/results", 3)
    job = desk.call("POST", DETAILS, INTERVAL).json["jobId"]
    assert desk.call("GET", f"{DETAILS}/{job}/results").status == 404
    desk.sleep(1)
    first = desk.call("GET", f"{DETAILS}/{job}/results").json
    last = desk.call("GET", f"{DETAILS}/{job}/results?cursor={first['cursor']}").json
    assert [*first["conversations"], *last["conversations"]] == seeded
    assert "cursor" not in last


@pytest.mark.parametrize(
    ("outcome", "state"), [("failure", "FAILED"), ("success", "FULFILLED"), ("EXPIRED", "EXPIRED")]
)
def test_outcomes(outcome, state):
    desk = Desk()
    desk.simulator.set_job_outcome(DETAILS, outcome)
    where = f"{DETAILS}/{desk.call('POST', DETAILS, INTERVAL).json['jobId']}"
    desk.sleep(1)
    status = desk.call("GET", where).json
    assert (status["state"], "errorMessage" in status) == (state, state == "FAILED")
    expected = 200 if state == "FULFILLED" else 404
    assert desk.call("GET", f"{where}/results").status == expected


def test_a_job_that_is_confirmed_or_cancelled():
    desk = Desk()
    one, two = (desk.call("POST", RECORDINGS, BULK).json for _ in range(2))
    assert (one["state"], one["selfUri"]) == ("PENDING", f"{RECORDINGS}/{one['id']}")
    desk.sleep(100)
    listed = desk.call("GET", RECORDINGS).json["entities"]
    assert [each["state"] for each in listed] == ["READY", "READY"]
    where = f"{RECORDINGS}/{one['id']}"
    assert desk.call("PUT", where, {"state": "PROCESSING"}).json["state"] == "PROCESSING"
    desk.sleep(0.4)
    assert desk.call("PUT", where, {"state": "PROCESSING"}).json["state"] == "PROCESSING"
    desk.sleep(0.1)
    assert desk.call("GET", where).json["state"] == "FULFILLED"
    other = f"{RECORDINGS}/{two['id']}"
    assert desk.call("PUT", other, {"state": "CANCELLED"}).status == 200
    assert desk.call("GET", other).json["state"] == "CANCELLED"
    assert desk.call("PUT", f"{RECORDINGS}/none", {"state": "PROCESSING"}).status == 404


def test_a_job_that_waits_for_its_upload():
    desk = Desk()
    tables = "/api/v2/flows/datatables"
    table = desk.call("POST", tables, {"name": "T", "schema": {}}).json["id"]
    jobs = f"{tables}/{table}/import/jobs"
    job = desk.call("POST", jobs, IMPORT).json
    desk.sleep(100)
    assert desk.call("GET", f"{jobs}/{job['id']}").json["status"] == "WaitingForUpload"
    link = job["uploadURI"]
    assert "/simulator/uploads/" in link
    assert desk.send("PUT", link.removeprefix("http://simulator"), body=b"key\n1").status == 200
    assert desk.call("GET", f"{jobs}/{job['id']}").json["status"] == "Processing"
    desk.sleep(0.5)
    assert desk.call("GET", f"{jobs}/{job['id']}").json["status"] == "Succeeded"


def test_no_more_jobs_than_the_settings_allow():
    desk = Desk(settings=Settings(max_items=1))
    assert desk.call("POST", DETAILS, INTERVAL).status == 202
    assert desk.call("POST", DETAILS, INTERVAL).status == 400


def test_a_job_that_is_named_within_the_response():
    desk = Desk()
    unit = "/api/v2/workforcemanagement/adherence/explanations"
    body = {
        "startDate": "2024-01-01T00:00:00.000Z",
        "lengthMinutes": 1,
        "type": "Late",
    }
    job = desk.call("POST", unit, body).json["job"]
    assert job["selfUri"] == f"{unit}/jobs/{job['id']}"
    assert desk.call("GET", job["selfUri"]).json["status"] == "Processing"


def test_a_job_without_a_state_has_results_at_its_end():
    desk = Desk(settings=Settings(job_duration=10))
    path = "/api/v2/coaching/scheduleslots/jobs"
    body = {
        "attendeeIds": ["a"],
        "businessUnitId": "b",
        "activityCodeId": "c",
        "facilitatorIds": ["f"],
        "intervals": [INTERVAL["interval"]],
        "lengthInMinutes": 5,
        "slotsType": "BestTime",
    }
    started = desk.call("POST", path, body).json
    assert "results" not in started
    where = f"{path}/{started['id']}"
    assert "results" not in desk.call("GET", where).json
    desk.sleep(10)
    assert "results" in desk.call("GET", where).json


def test_a_job_that_is_polled_at_its_results():
    desk = Desk(settings=Settings(job_duration=10))
    body = {"interval": INTERVAL["interval"], "granularity": "Day"}
    job = desk.call("POST", "/api/v2/usage/query", body).json["executionId"]
    where = f"/api/v2/usage/query/{job}/results"
    running = desk.call("GET", where).json
    assert (running["queryStatus"], "results" in running) == ("Running", False)
    desk.sleep(10)
    assert desk.call("GET", where).json["queryStatus"] == "Complete"
    assert desk.call("GET", "/api/v2/usage/query/nothing/results").status == 404


def test_a_batch_of_recordings_counts_what_it_was_asked_for():
    desk = Desk(settings=Settings(job_duration=10))
    body = {"batchDownloadRequestList": [{"conversationId": "c", "recordingId": "r"}]}
    path = "/api/v2/recording/batchrequests"
    where = f"{path}/{desk.call('POST', path, body).json['id']}"
    running = desk.call("GET", where).json
    assert (running["expectedResultCount"], running["resultCount"]) == (1, 0)
    desk.sleep(10)
    (missing,) = desk.call("GET", where).json["results"]
    assert missing["errorMsg"] == "The recording was not found."


def test_a_job_that_its_caller_confirmed_keeps_its_results_and_its_error():
    desk = Desk()
    base = "/api/v2/knowledge/knowledgebases"
    made = desk.call("POST", base, {"name": "K", "coreLanguage": "en-US"}).json["id"]
    jobs = f"{base}/{made}/import/jobs"
    job = desk.call("POST", jobs, {"uploadKey": "k", "fileType": "Json"}).json["id"]
    desk.sleep(1)
    confirmed = desk.call("PATCH", f"{jobs}/{job}", {"status": "ImportInProgress"})
    assert "downloadURL" not in confirmed.json
    desk.sleep(1)
    ended = desk.call("GET", f"{jobs}/{job}").json
    assert (ended["status"], "downloadURL" in ended) == ("Completed", True)

    desk.simulator.set_job_outcome(RECORDINGS, "failure")
    job = desk.call("POST", RECORDINGS, {**BULK, "conversationQuery": INTERVAL}).json["id"]
    desk.sleep(1)
    confirmed = desk.call("PUT", f"{RECORDINGS}/{job}", {"state": "PROCESSING"})
    assert "errorMessage" not in confirmed.json
    desk.sleep(1)
    failed = desk.call("GET", f"{RECORDINGS}/{job}").json
    assert (failed["state"], "errorMessage" in failed) == ("FAILED", True)
