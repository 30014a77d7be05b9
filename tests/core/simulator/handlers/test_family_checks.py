"""What some families refuse before anything is written."""

import pytest

from tests.strategies.simulator import Desk

SCHEDULES, GROUPS = "/api/v2/architect/schedules", "/api/v2/architect/schedulegroups"
BATCHES = "/api/v2/recording/batchrequests"
WEEK = {"name": "S", "start": "2024-01-01T08:00:00.000", "end": "2024-01-01T17:00:00.000"}


@pytest.mark.parametrize("name", ["openSchedules", "closedSchedules", "holidaySchedules"])
def test_a_schedule_in_use_is_not_deleted(name):
    desk = Desk()
    used, free = (desk.call("POST", SCHEDULES, WEEK).json["id"] for _ in range(2))
    group = desk.call("POST", GROUPS, {"name": "G", name: [{"id": used}]})
    assert group.status == 200
    desk.call("POST", GROUPS, {"name": "Other"})
    refused = desk.call("DELETE", f"{SCHEDULES}/{used}")
    assert (refused.status, refused.json["code"]) == (409, "general.conflict")
    assert "[G]" in refused.json["message"]
    assert desk.call("DELETE", f"{SCHEDULES}/{free}").status < 300
    desk.call("DELETE", f"{GROUPS}/{group.json['id']}")
    assert desk.call("DELETE", f"{SCHEDULES}/{used}").status < 300


def test_a_batch_of_recordings_has_one_to_a_hundred_items():
    desk = Desk()
    items = [{"conversationId": "c"}]
    for count, status in ((0, 400), (1, 200), (100, 200), (101, 400)):
        answer = desk.call("POST", BATCHES, {"batchDownloadRequestList": items * count})
        assert answer.status == status, count
    assert answer.json["code"] == "batch.download.too.many.items"
    assert desk.call("POST", BATCHES, {"batchDownloadRequestList": None}).status == 400
