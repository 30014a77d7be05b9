"""Recordings and their media: files whole or not at all, fetched once, and checked."""

from __future__ import annotations

from functools import partial

import fsspec
import pytest

from genesys_cloud import Client, ExportError
from genesys_cloud.export import (
    build_recordings_export,
    fetch,
    plan,
    read_records,
    read_status,
    run,
    verify,
)
from tests.helpers.server import Raw, Reply, scripted_server

SOUND = {"c-1": b"RIFF one" * 1000, "c-2": b"RIFF two" * 5000}


@pytest.fixture
def served():
    """The storage, whose URLs have their own authorization, and the platform."""

    def store(seen):
        (identity,) = [id_ for id_ in SOUND if f"/{id_}." in seen.path]
        if identity in broken:
            return Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nRIFF")
        return Reply(body=SOUND[identity])

    def answer(seen):
        identity = seen.path.split("/")[4]
        if identity in late:
            return Reply(202, body=b"")
        one = {"id": f"r-{identity}", "conversationId": identity, "media": "audio"}
        one |= {"fileState": "AVAILABLE"}
        if identity not in converting:
            url = f"{storage.url}/{identity}.wav?Signature=s"
            one["mediaUris"] = {"S": {"mediaUri": url}}
        return Reply(json=[one])

    broken, late, converting = set[str](), set[str](), set[str]()
    with scripted_server(store) as storage, scripted_server(answer) as platform:
        client = partial(Client, host=platform.url, access_token="t", trust_env=False)
        yield client, storage, {"broken": broken, "late": late, "converting": converting}


SLICES = plan(build_recordings_export(list(SOUND), group=2))


def read_media(out) -> dict[str, bytes]:
    paths = (out / "media").glob("*/*")
    return {path.name: path.read_bytes() for path in paths}


WHOLE = {f"r-{id_}-S.wav": sound for id_, sound in SOUND.items()}


def test_recordings_and_their_media(served, tmp_path):
    client, storage, _ = served
    (part,) = run(SLICES, out=tmp_path, client=client)
    assert [one["id"] for one in read_records(tmp_path)] == ["r-c-1", "r-c-2"]
    assert read_media(tmp_path) == WHOLE
    assert [one.size for one in part.media] == [len(sound) for sound in SOUND.values()]
    assert all(seen.header("authorization") is None for seen in storage.requests)
    status, found = read_status(tmp_path), verify(tmp_path)
    assert status.is_complete
    assert status.media == part.media
    assert (found.files, found.media, found.records, found.problems) == (1, 2, 2, ())


def test_a_download_that_breaks_off_leaves_no_file_and_the_others_are_not_fetched_again(
    served, tmp_path
):
    client, storage, faults = served
    faults["broken"].add("c-2")
    with pytest.raises(ExportError, match="1 of 1 slices failed"):
        list(run(SLICES, out=tmp_path, client=client))
    assert read_media(tmp_path) == {"r-c-1-S.wav": SOUND["c-1"]}
    assert not read_status(tmp_path).parts
    faults["broken"].clear()
    list(run(SLICES, out=tmp_path, client=client))
    assert read_media(tmp_path) == WHOLE
    assert [seen.path for seen in storage.requests] == ["/c-1.wav", "/c-2.wav", "/c-2.wav"]
    assert verify(tmp_path).problems == ()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("late", "is still preparing the records"),
        ("converting", "recording r-c-2 is AVAILABLE and has no"),
    ],
)
def test_media_that_are_being_converted_are_fetched_by_the_next_run(served, tmp_path, fault, words):
    client, _, faults = served
    faults[fault].add("c-2")
    list(run(SLICES, out=tmp_path, client=client))
    (missing,) = read_status(tmp_path).missing
    assert words in missing.why
    faults[fault].clear()
    list(run(SLICES, out=tmp_path, client=client))
    assert read_status(tmp_path).is_complete
    assert read_media(tmp_path) == WHOLE


def test_damaged_media_are_found(served, tmp_path):
    client, _, _ = served
    list(run(SLICES, out=tmp_path, client=client))
    first, second = sorted((tmp_path / "media").glob("*/*"))
    first.write_bytes(b"RIFX" + first.read_bytes()[4:])
    second.unlink()
    damaged, missing = verify(tmp_path).problems
    assert f"{first.name}: was changed or damaged; remove media/" in damaged
    assert f"{second.name}: is missing" in missing
    # Done as the messages say.
    first.unlink()
    (tmp_path / "manifest" / f"{SLICES[0].id}.json").unlink()
    list(run(SLICES, out=tmp_path, client=client))
    assert verify(tmp_path).problems == ()
    assert read_media(tmp_path) == WHOLE


def test_media_on_a_file_system_of_fsspec(served):
    client, _, _ = served
    out = "memory://media-test"
    try:
        part = fetch(SLICES[0], out=out, client=client)
        files = fsspec.filesystem("memory")
        assert {files.cat_file(f"/media-test/{one.file}") for one in part.media} == {
            *SOUND.values()
        }
        assert fetch(SLICES[0], out=out, client=client) == part
    finally:
        fsspec.filesystem("memory").rm("/media-test", recursive=True)
