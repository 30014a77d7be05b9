"""Recordings with media that can be fetched."""

import io
import wave

import pytest

from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import definition, misfits

BASE = "/api/v2/conversations"


def ended(desk, media="voice"):
    made = desk.talk(media)
    desk.timeline(made).subject = "Hello\r\nBcc: all"
    desk.sleep(3)
    desk.command(made, {"state": "disconnected"})
    return f"{BASE}/{made}/recordings"


def fetched(desk, recording):
    return desk.send(
        "GET", recording["mediaUris"]["0"]["mediaUri"].removeprefix("http://simulator")
    )


def test_the_audio_of_a_call_is_played():
    desk = StaffedDesk()
    target = ended(desk)
    listed = desk.call("GET", target)
    schema = Schema(type="array", items=Schema(ref="#/definitions/Recording"))
    assert misfits(definition(), schema, listed.json) == []
    (recording,) = listed.json
    assert desk.call("GET", f"{target}/{recording['id']}").json == recording
    media = fetched(desk, recording)
    assert (media.status, media.headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(media.body)) as sound:
        assert sound.getnframes() == 3 * sound.getframerate()


def test_an_email_is_text_whose_subject_is_one_line():
    desk = StaffedDesk()
    (recording,) = desk.call("GET", ended(desk, "email")).json
    media = fetched(desk, recording)
    assert media.headers["content-type"] == "message/rfc822"
    assert media.body.startswith(b"Subject: Hello Bcc: all\r\n")


def test_messages_have_no_media():
    desk = StaffedDesk()
    (recording,) = desk.call("GET", ended(desk, "message")).json
    assert "mediaUris" not in recording
    path = f"/simulator/recordings/{recording['conversationId']}/{recording['id']}"
    assert desk.send("GET", path).status == 404


def test_metadata_alone_has_no_media():
    desk = StaffedDesk()
    (recording,) = desk.call("GET", f"{ended(desk)}?formatId=NONE").json
    assert "mediaUris" not in recording


def test_media_that_are_not_ready_are_a_202():
    desk = StaffedDesk(job_duration=60)
    target = ended(desk)
    assert desk.call("GET", target).status == 202
    made = desk.call("GET", target.replace("recordings", "recordingmetadata")).json
    assert desk.call("GET", f"{target}/{made[0]['id']}").status == 202
    assert desk.call("GET", f"{target}?maxWaitMs=60000").status == 200
    assert desk.call("GET", f"{target}?formatId=NONE").status == 200
    desk.sleep(60)
    assert len(desk.call("GET", target).json) == 1
    assert desk.call("GET", f"{target}/{made[0]['id']}").status == 200


def test_a_call_that_goes_on_has_no_recording():
    desk = StaffedDesk()
    assert desk.call("GET", f"{BASE}/{desk.talk()}/recordings").json == []


def test_the_dates_of_a_recording_are_changed():
    desk = StaffedDesk()
    target = ended(desk)
    (recording,) = desk.call("GET", target).json
    when = "2030-01-01T00:00:00.000Z"
    changed = desk.call("PUT", f"{target}/{recording['id']}", {"deleteDate": when, "path": "x"})
    assert changed.json == recording | {"deleteDate": when}
    assert desk.call("GET", target).json == [changed.json]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_unknown_recording_is_not_found(method):
    desk = StaffedDesk()
    body = {} if method == "PUT" else None
    answer = desk.call(method, f"{ended(desk)}/nothing", *([body] if body is not None else []))
    assert answer.status == 404


def test_media_of_nothing_are_not_found():
    desk = StaffedDesk()
    made = desk.talk()
    assert agent_of(desk.timeline(made)).session.is_connected
    over = ended(desk).split("/")[-2]
    for conversation in (made, over, "unknown"):
        assert desk.send("GET", f"/simulator/recordings/{conversation}/r").status == 404


BATCHES = "/api/v2/recording/batchrequests"


def batch(desk, *requests):
    job = desk.call("POST", BATCHES, {"batchDownloadRequestList": [*requests]}).json["id"]
    return f"{BATCHES}/{job}"


def test_media_are_prepared_in_a_batch():
    desk = StaffedDesk(job_duration=10)
    call, mail, note = (ended(desk, media).split("/")[4] for media in ("voice", "email", "message"))
    desk.sleep(60)
    (recording,) = desk.call("GET", f"{BASE}/{call}/recordings").json
    one = {"conversationId": call, "recordingId": recording["id"]}
    other = one | {"recordingId": "other"}
    where = batch(desk, one, {"conversationId": mail}, {"conversationId": note}, other, {"x": "y"})
    running = desk.call("GET", where).json
    assert (running["status"], running["expectedResultCount"], running["resultCount"]) == (
        "InProgress",
        5,
        0,
    )
    assert "results" not in running
    desk.sleep(10)
    over = desk.call("GET", where).json
    assert (over["status"], over["resultCount"], over["errorCount"]) == ("Completed", 5, 3)
    schema = Schema(ref="#/definitions/BatchDownloadJobStatusResult")
    assert misfits(definition(), schema, over) == []
    first, second, *failed = over["results"]
    assert first == one | {
        "resultUrl": recording["mediaUris"]["0"]["mediaUri"],
        "contentType": "audio/wav",
    }
    assert second["contentType"] == "message/rfc822"
    assert [each["errorMsg"] for each in failed] == [
        "The recording has no media.",
        "The recording was not found.",
        "The recording was not found.",
    ]


def test_a_batch_without_a_list_is_over_with_nothing():
    desk = StaffedDesk()
    job = desk.simulator.start_job(BATCHES, now=desk.now)
    desk.sleep(1)
    assert desk.call("GET", f"{BATCHES}/{job}").json["results"] == []
