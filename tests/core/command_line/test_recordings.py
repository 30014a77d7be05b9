"""Downloads of many recordings: each becomes a file once, or a failure with its reason."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.command_line.recordings import (
    BATCH_SIZE,
    FetchFile,
    FoundRecording,
    LookUp,
    RecordingLink,
    RecordingManifest,
    RecordingRun,
    RequestLinks,
    read_conversation_ids,
    recording_file,
    recordings_query,
    summarize_downloads,
)
from genesys_core.errors import AuthenticationError, NotFoundError, ServerError
from genesys_core.http.messages import Request, Response


def found(conversation, number, state="AVAILABLE"):
    return FoundRecording(conversation, f"r-{number}", state, "audio", "2024-01-01", "2024-01-02")


def link_of(recording, **facts):
    facts = {"url": f"https://x/{recording.id}.wav?signature=s", **facts}
    return RecordingLink(recording.conversation_id, recording.id, **facts)


def api_error(kind, status, message):
    request = Request("GET", "https://api.example")
    error = kind(message, response=Response(status), request=request)
    error.correlation_id = "id-1"
    return error


def server_error():
    return api_error(ServerError, 503, "busy")


@pytest.mark.parametrize(
    ("kind", "url", "name"),
    [
        ("audio/ogg; codecs=opus", "https://x/a.bin", "c/r-1.ogg"),
        ("", "https://x/a.WAV?x=.mp3", "c/r-1.WAV"),
        ("application/octet-stream", "https://x/a", "c/r-1.bin"),
        ("message/rfc822", "", "c/r-1.eml"),
    ],
)
def test_the_path_of_a_file(kind, url, name):
    recording = found("c", 1)
    assert recording_file(recording, link_of(recording, url=url, content_type=kind)) == name


def test_ids_never_lead_out_of_the_folder():
    recording = FoundRecording("../..", "a/b\\c\x1b", "")
    assert recording_file(recording, link_of(recording, url="")) == "_____/a_b_c_.bin"
    assert recording_file(FoundRecording("", "", ""), RecordingLink("", "")) == "_/_.bin"


def test_the_query_selects_conversations_with_recordings():
    query = recordings_query("a/b")
    assert query["interval"] == "a/b"
    assert query["paging"] == {"pageSize": 100, "pageNumber": 1}
    (one,) = query["segmentFilters"]
    assert [each["dimension"] for each in one["predicates"]] == ["recording", "screenRecording"]


def test_ids_in_lines():
    text = [
        "c-1\n",
        "\n",
        '"c-2"',
        '{"conversationId": "c-3", "id": "x"}',
        '{"id": "c-4"}',
        "{",
        '{"a": 1}',
    ]
    assert list(read_conversation_ids(text)) == ["c-1", "c-2", "c-3", "c-4", "{"]


def test_no_link_shows_in_a_repr():
    recording = found("c", 1)
    task = FetchFile(recording, "https://x/?signature=s", "audio/ogg", "f")
    assert "signature" not in repr(task) + repr(link_of(recording))


def test_a_run_from_conversation_to_file():
    run = RecordingRun()
    assert run.wants_conversation
    assert run.total is None
    run.offer("c")
    run.offer("c")
    run.complete()
    assert not run.wants_conversation
    look_up = run.take_task()
    assert look_up == LookUp("c")
    assert run.take_task() is None
    assert (run.is_idle, run.total) == (False, None)
    states = ("AVAILABLE", "DELETED", "RESTORED", "")
    line = run.looked_up(look_up, [found("c", n, state) for n, state in enumerate(states)])
    assert [each["id"] for each in json.loads(line)["recordings"]] == ["r-0", "r-1", "r-2", "r-3"]
    assert run.total == 3
    batch = run.take_task()
    assert [each.id for each in batch.recordings] == ["r-0", "r-2", "r-3"]
    run.linked(batch, [link_of(batch.recordings[0], content_type="audio/wav")])
    fetch = run.take_task()
    assert (fetch.url, fetch.file) == ("https://x/r-0.wav?signature=s", "c/r-0.wav")
    assert run.take_task() is None
    entry = json.loads(run.fetched(fetch, 10))
    assert entry == {
        "conversationId": "c",
        "recordingId": "r-0",
        "file": "c/r-0.wav",
        "size": 10,
        "contentType": "audio/wav",
        "media": "audio",
        "startTime": "2024-01-01",
        "endTime": "2024-01-02",
    }
    assert run.is_idle
    assert [each["reason"] for each in run.failures] == ["the platform returned no link"] * 2
    shown = summarize_downloads(run, 1_500_000, 2.0, "f")
    assert shown == "1 downloaded (1.5 MB) in 2.0 s, 2 failed (see f)"


def test_recordings_that_are_not_ready_are_failures_and_asked_for_again_by_the_next_run():
    run = RecordingRun()
    run.offer("c")
    states = ("UPLOADING", "RESTORING", "ARCHIVED", "ERROR", "NEW")
    line = run.looked_up(run.take_task(), [found("c", n, state) for n, state in enumerate(states)])
    assert line == ""
    reasons = [each["reason"] for each in run.failures]
    assert [reason.split()[1] for reason in reasons] == [
        *["recording"] * 3,
        "platform",
        "recording",
    ]
    assert "put_conversation_recording" in reasons[2]
    assert reasons[4] == "the recording is in the state NEW"


def test_a_later_run_knows_what_is_there():
    manifest = RecordingManifest()
    recordings = [vars(found("c", n)) for n in (1, 2)]
    manifest.read_found(
        [
            json.dumps({"conversationId": "d", "recordings": [{"x": 1}]}),
            json.dumps({"conversationId": "e"}),
            json.dumps({"conversationId": "f", "recordings": ["x"]}),
            json.dumps({"conversationId": "g", "recordings": [{"conversation_id": "g", "id": 1}]}),
            "[" * 100_000,
            "[]",
            json.dumps({"conversationId": "c", "recordings": recordings}),
            '{"conversationId": "c", "recordings": [',
        ]
    )
    manifest.read_files(
        [
            '{"conversationId": "c", "recordingId": 2}',
            '{"conversationId": 1, "recordingId": "r-2"}',
            '{"conversationId": 1}',
            '{"conversationId": "c", "recordingId": "r-1", "file": "f"}',
            "{",
        ]
    )
    assert list(manifest.files) == [("c", "r-1")]
    assert list(manifest.found) == ["c"]
    run = RecordingRun(manifest=manifest)
    run.offer("c")
    run.complete()
    batch = run.take_task()
    assert [each.id for each in batch.recordings] == ["r-2"]
    assert (run.skipped, run.total) == (1, 1)
    assert "1 downloaded earlier" in summarize_downloads(run, 0, 1.0, "f")


def test_links_are_requested_in_batches_and_only_when_they_are_needed():
    run = RecordingRun(parallel=2)
    run.offer("c")
    run.looked_up(run.take_task(), [found("c", n) for n in range(3 * BATCH_SIZE)])
    assert not run.wants_conversation  # enough for now
    first, second = run.take_task(), run.take_task()
    assert [len(each.recordings) for each in (first, second)] == [BATCH_SIZE] * 2
    assert run.take_task() is None  # two are waited for
    run.linked(first, map(link_of, first.recordings))
    assert [type(run.take_task()) for _ in range(2)] == [FetchFile] * 2
    assert run.take_task() is None  # there are links enough


def test_no_more_is_read_than_is_needed_soon():
    run = RecordingRun(parallel=2)
    run.offer("c")
    assert run.wants_conversation
    run.offer("d")
    assert run.wants_conversation is False
    for count, wants in [(2 * BATCH_SIZE - 1, True), (2 * BATCH_SIZE, False)]:
        run = RecordingRun()
        run.offer("c")
        run.looked_up(run.take_task(), [found("c", n) for n in range(count)])
        assert run.wants_conversation is wants
    run.complete()
    assert run.wants_conversation is False


def test_the_most_that_the_platform_accepts_in_a_batch():
    """As its error ``batch.download.too.many.items`` says."""
    assert BATCH_SIZE == 100
    assert RecordingRun().parallel == 4


def test_a_full_batch_is_requested_before_all_are_found_and_a_smaller_one_is_not():
    for count, expected in [(BATCH_SIZE - 1, type(None)), (BATCH_SIZE, RequestLinks)]:
        run = RecordingRun()
        run.offer("c")
        run.looked_up(run.take_task(), [found("c", n) for n in range(count)])
        assert isinstance(run.take_task(), expected)


def test_no_conversation_is_looked_up_while_a_batch_is_full():
    for count, expected in [(3 * BATCH_SIZE - 1, LookUp), (3 * BATCH_SIZE, type(None))]:
        run = RecordingRun()
        run.offer("c")
        run.offer("d")
        run.looked_up(run.take_task(), [found("c", n) for n in range(count)])
        assert [type(run.take_task()) for _ in range(2)] == [RequestLinks] * 2
        assert isinstance(run.take_task(), expected)


def test_no_links_are_requested_while_there_are_enough():
    run = RecordingRun(parallel=1)
    run.offer("c")
    run.complete()
    assert run.total is None
    run.looked_up(run.take_task(), [found("c", n) for n in range(BATCH_SIZE + 1)])
    batch = run.take_task()
    assert not run.is_idle
    run.linked(batch, map(link_of, batch.recordings[:2]))
    assert run.is_idle
    assert isinstance(run.take_task(), FetchFile)
    assert not run.is_idle
    assert run.take_task() is None


def test_a_recording_without_a_link_has_the_reason_of_the_platform():
    run = RecordingRun()
    run.offer("c")
    run.complete()
    run.looked_up(run.take_task(), [found("c", 1), found("c", 2)])
    batch = run.take_task()
    links = [link_of(batch.recordings[0], url="", error="gone"), link_of(found("c", 2), url="")]
    run.linked(batch, links)
    assert run.take_task() is None
    assert [each["reason"] for each in run.failures] == ["gone", "the platform returned no link"]


def test_lines_of_the_manifest_are_written_as_they_are():
    run = RecordingRun()
    run.offer("\u00fc")
    run.complete()
    look_up = run.take_task()
    assert '"\u00fc"' in run.looked_up(look_up, [found("\u00fc", 1)])
    batch = run.take_task()
    run.linked(batch, map(link_of, batch.recordings))
    assert '"\u00fc"' in run.fetched(run.take_task(), 1)


def test_sizes_are_in_decimal_megabytes():
    shown = summarize_downloads(RecordingRun(), 10**12, 1.0, "f")
    assert shown == "0 downloaded (1,000,000.0 MB) in 1.0 s"


def test_each_attempt_gets_a_new_link_and_the_third_is_the_last():
    run = RecordingRun()
    run.offer("c")
    run.complete()
    run.looked_up(run.take_task(), [found("c", 1)])
    for attempt in range(3):
        batch = run.take_task()
        assert isinstance(batch, RequestLinks)
        if attempt == 0:
            run.failed(batch, server_error())
            continue
        run.linked(batch, map(link_of, batch.recordings))
        run.failed(run.take_task(), server_error())
    assert run.take_task() is None
    assert run.is_idle
    (failure,) = run.failures
    assert failure.pop("reason").startswith("busy")
    assert failure == {
        "conversationId": "c",
        "recordingId": "r-1",
        "status": 503,
        "correlationId": "id-1",
    }


def test_a_conversation_that_cannot_be_looked_up():
    run = RecordingRun()
    run.offer("c")
    run.failed(run.take_task(), api_error(NotFoundError, 404, "none"))
    assert [each["conversationId"] for each in run.failures] == ["c"]


def test_credentials_that_are_not_accepted_end_the_run():
    run = RecordingRun()
    run.offer("c")
    run.offer("d")
    error = api_error(AuthenticationError, 401, "bad credentials")
    run.failed(run.take_task(), error)
    run.stop("another")
    assert run.stop_error is error
    assert run.take_task() is None
    assert not run.wants_conversation
    assert run.failures == []
    assert summarize_downloads(run, 0, 1.0, "f").endswith(f"stopped: {error}")


def test_a_task_that_is_withdrawn_leaves_nothing():
    run = RecordingRun()
    run.offer("c")
    run.complete()
    run.looked_up(run.take_task(), [found("c", 1)])
    batch = run.take_task()
    run.linked(batch, map(link_of, batch.recordings))
    run.stop("interrupted")
    assert run.take_task() is None
    assert run.is_idle
    run = RecordingRun()
    run.offer("c")
    run.withdraw(run.take_task())
    assert (run.is_idle, run.failures) == (True, [])


@given(
    st.lists(
        st.lists(st.sampled_from(["AVAILABLE", "ARCHIVED", "DELETED"]), max_size=130), max_size=6
    ),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_every_recording_ends_once_in_any_order_of_events(conversations, parallel, random):
    run = RecordingRun(parallel)
    names = [f"c-{n}" for n in range(len(conversations))]
    source = iter(names)
    running, files = [], Counter()
    while True:
        while run.wants_conversation:
            name = next(source, None)
            if name is None:
                run.complete()
            else:
                run.offer(name)
        while (task := run.take_task()) is not None:
            running.append(task)
        assert sum(not isinstance(each, RequestLinks) for each in running) <= parallel
        assert sum(isinstance(each, RequestLinks) for each in running) <= 2
        if not running:
            assert run.is_idle
            break
        task = running.pop(random.randrange(len(running)))
        if random.random() < 0.1:
            run.failed(task, server_error())
        elif isinstance(task, LookUp):
            states = conversations[names.index(task.conversation_id)]
            run.looked_up(task, [found(task.conversation_id, n, s) for n, s in enumerate(states)])
        elif isinstance(task, RequestLinks):
            assert 0 < len(task.recordings) <= BATCH_SIZE
            run.linked(task, map(link_of, task.recordings))
        else:
            files[task.recording.key] += 1
            run.fetched(task, 1)
    lost = [(each["conversationId"], each.get("recordingId")) for each in run.failures]
    not_looked_up = {name for name, recording in lost if recording is None}
    wanted = {
        (name, f"r-{n}")
        for name, states in zip(names, conversations, strict=True)
        for n, state in enumerate(states)
        if state != "DELETED" and name not in not_looked_up
    }
    ended = [*files.elements(), *(each for each in lost if each[1] is not None)]
    assert sorted(ended) == sorted(wanted)
