"""Partial downloads: what is continued, what is begun anew, and that versions never mix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.calls.partial_content import PartialFile, strong_validator
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure

REQUEST = Request("GET", "https://api.example/f", Headers({"Accept": "*/*"}))
PART = PartialFile(source="f", validator='"v1"', size=5, total=9)
NOTHING_YET = PartialFile(source="f", validator='"v1"', total=9)
SATURDAY, LATER = "Sat, 28 Nov 2026 10:00:00 GMT", "Sat, 28 Nov 2026 10:00:01 GMT"


@pytest.mark.parametrize(
    ("part", "ranged"),
    [
        (PART, ("bytes=5-", '"v1"')),
        (PartialFile(validator='"v1"', size=5), ("bytes=5-", '"v1"')),
        (PartialFile(validator='"v1"', size=1, total=9), ("bytes=1-", '"v1"')),
        (PartialFile(validator='"v1"', size=0, total=9), None),
        (PartialFile(validator=None, size=5, total=9), None),
        (PartialFile(validator='"v1"', size=9, total=9), None),
    ],
)
def test_the_rest_is_requested_under_the_condition_that_the_file_is_unchanged(part, ranged):
    request = part.request(REQUEST)
    if ranged is None:
        assert request is REQUEST
    else:
        assert (request.headers["range"], request.headers["if-range"]) == ranged
        assert request.headers["accept"] == "*/*"
    assert part.can_continue is (ranged is not None)
    assert part.refused(Response(416)) is (ranged is not None)
    assert not part.refused(Response(404))


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"v1"'}, '"v1"'),
        ({"ETag": 'W/"v1"'}, None),
        ({"ETag": "v1"}, None),
        ({"ETag": 'W/"v1"', "Last-Modified": SATURDAY, "Date": LATER}, None),
        ({"Last-Modified": SATURDAY, "Date": LATER}, SATURDAY),
        ({"Last-Modified": SATURDAY, "Date": SATURDAY}, None),
        ({"Last-Modified": SATURDAY}, None),
        ({"Last-Modified": "yesterday", "Date": LATER}, None),
        ({"Last-Modified": "Sat, 28 Nov 2026 10:00:00", "Date": LATER}, None),
        ({"Last-Modified": "Sat, 28 Nov 99999999999 10:00:00 GMT", "Date": LATER}, None),
        ({}, None),
    ],
)
def test_only_a_strong_validator_counts(headers, validator):
    assert strong_validator(Headers(headers)) == validator


def test_a_whole_body_begins_the_file_anew():
    headers = Headers({"ETag": '"v2"', "Content-Length": "7"})
    assert PART.received(200, headers) == PartialFile(source="f", validator='"v2"', total=7)
    coded = headers.set("Content-Encoding", "gzip")
    assert PART.received(200, coded) == PartialFile(source="f")
    chunked = headers.set("Transfer-Encoding", "chunked")
    assert PART.received(200, chunked) == PartialFile(source="f", validator='"v2"')


@pytest.mark.parametrize("total", ["9", "*"])
def test_the_rest_is_appended(total):
    headers = Headers({"Content-Range": f"bytes 5-8/{total}", "Content-Length": "4"})
    assert PART.received(206, headers) == PART


def test_a_part_that_nobody_requested_counts_if_it_is_all():
    headers = Headers({"Content-Range": "bytes 0-8/9", "ETag": '"v1"'})
    whole = PartialFile(source="f", validator='"v1"', total=9)
    assert PartialFile(source="f", size=5).received(206, headers) == whole


@pytest.mark.parametrize(
    ("part", "headers"),
    [
        (PART, {}),
        (PART, {"Content-Range": "bytes 4-8/9"}),
        (PART, {"Content-Range": "bytes 5-7/9"}),
        (PART, {"Content-Range": "bytes 5-9/10"}),
        (PART, {"Content-Range": "bytes 5-8/9", "Content-Encoding": "gzip"}),
        (PART, {"Content-Range": "lines 5-8/9"}),
        (PartialFile(), {"Content-Range": "bytes 1-8/9"}),
        (PartialFile(), {"Content-Range": "bytes 0-7/9"}),
    ],
)
def test_another_part_is_a_failure(part, headers):
    with pytest.raises(TransportFailure, match="instead of the file from byte") as caught:
        part.received(206, Headers(headers))
    assert (caught.value.kind, caught.value.sent) == ("protocol", True)


DATED = PartialFile(source="f", validator=SATURDAY, size=5, total=9)


@pytest.mark.parametrize(
    ("part", "sent", "is_same"),
    [
        (PART, {"ETag": '"v1"'}, True),
        (PART, {"ETag": '"v1"', "Last-Modified": LATER}, True),
        (PART, {"Last-Modified": LATER}, True),
        (PART, {"ETag": '"v2"'}, False),
        (PART, {"ETag": 'W/"v1"'}, False),
        (DATED, {"Last-Modified": SATURDAY}, True),
        (DATED, {"ETag": '"v2"'}, True),
        (DATED, {"Last-Modified": LATER}, False),
    ],
)
def test_a_part_of_another_version_is_a_failure(part, sent, is_same):
    # From a server that ignores If-Range.
    headers = Headers({"Content-Range": "bytes 5-8/9", **sent})
    if is_same:
        assert part.received(206, headers) == part
        return
    with pytest.raises(TransportFailure, match="part of another version") as caught:
        part.received(206, headers)
    assert (caught.value.kind, caught.value.sent) == ("protocol", True)


@pytest.mark.parametrize(
    ("record", "source", "size", "found"),
    [
        (PART.to_record(), "f", 5, PART),
        (PART.to_record(), "f", 7, PART),  # not all of it was flushed
        (PART.to_record(), "f", 4, PartialFile(source="f")),
        (PART.to_record(), "g", 5, PartialFile(source="g")),
        (NOTHING_YET.to_record(), "f", 0, NOTHING_YET),
        (b"", "f", 5, PartialFile(source="f")),
        (b'{"source":"f","size":-1}', "f", 5, PartialFile(source="f")),
        (b'{"size":"5"}', "f", 5, PartialFile(source="f")),
        (PART.to_record()[:-1], "f", 5, PartialFile(source="f")),
    ],
)
def test_a_record_counts_for_what_is_on_disk(record, source, size, found):
    assert PartialFile.from_record(record, source, size) == found


VERSIONS = [bytes([48 + n]) * size for n, size in enumerate((40, 40, 7, 0))]


def serve(request: Request, version: int, *, tags: bool) -> tuple[int, Headers, bytes]:
    body = VERSIONS[version]
    headers = Headers({"ETag": f'"{version}"'} if tags else {})
    first = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
    if "range" not in request.headers or request.headers["if-range"] != f'"{version}"':
        return 200, headers.set("Content-Length", str(len(body))), body
    shown = f"bytes {first}-{len(body) - 1}/{len(body)}"
    return 206, headers.set("Content-Range", shown), body[first:]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 45), st.booleans())),
    st.integers(0, 3),
)
def test_versions_never_mix(attempts, last):
    part, disk = PartialFile(source="f"), b""
    for version, tags, breaks_after, restarts in [*attempts, (last, True, 99, False)]:
        status, headers, body = serve(part.request(REQUEST), version, tags=tags)
        part = part.received(status, headers)
        disk = disk[: part.size] + body[:breaks_after]
        if breaks_after >= len(body):
            assert disk == VERSIONS[version]
        part = PartialFile(
            source=part.source, validator=part.validator, size=len(disk), total=part.total
        )
        if restarts:
            part = PartialFile.from_record(part.to_record(), "f", len(disk))
    assert disk == VERSIONS[last]
