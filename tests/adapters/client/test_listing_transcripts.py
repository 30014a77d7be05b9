"""Transcripts of listings in every style, replayed by every flavour, to the end of each."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec import Struct

from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from genesys_core.codec.encoding import to_dict
from genesys_core.http.messages import Request, Response
from tests.helpers.flavours import RUNNERS, Api, every_flavour
from tests.helpers.listing_transcripts import TRANSCRIPTS, Transcript
from tests.helpers.server import Reply, Seen, scripted_server

STYLES = sorted({one.style for one in TRANSCRIPTS})


def target_of(url: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    return parts.path, sorted(parse_qsl(parts.query))


def name_of(item: Any) -> str:
    """The name of an item that has one field."""
    if isinstance(item, str):
        return item
    said = to_dict(item) if isinstance(item, Struct) else item
    if "group" in said:
        return str(next(iter(said["group"])))
    return name_of(said.get("id") or next(iter(said.values())))


class Replay:
    """Replies what a transcript says, if it is asked for what the transcript says."""

    def __init__(self, transcript: Transcript) -> None:
        self.left = list(transcript.exchanges)

    def __call__(self, request: Request) -> Response:
        return json_response(self.take(request.url, request.body))

    def take(self, target: str, sent: Any) -> Any:
        assert self.left, f"one request too many: {target}"
        exchange = self.left.pop(0)
        assert target_of(target) == target_of(exchange.target)
        body = json.loads(sent) if sent else {}
        assert {name: body.get(name) for name in exchange.body} == exchange.body
        return exchange.reply


@contextmanager
def ending_as(transcript: Transcript) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        if transcript.error is None:
            yield
        else:
            with pytest.raises(transcript.error):
                yield
    texts = [str(one.message) for one in given]
    assert len(texts) == bool(transcript.warning), texts
    assert all(transcript.warning in text for text in texts)


async def read(api: Api, transcript: Transcript, **options: Any) -> str:
    found: list[str] = []
    paginator = api.client.paginate(transcript.operation, **options)
    with ending_as(transcript):
        if hasattr(paginator, "__anext__"):
            async for item in paginator:
                found.append(name_of(item))  # noqa: PERF401 - what came before an error counts
        else:
            found.extend(map(name_of, paginator))
            return "".join(found)
    return "".join(found)


@every_flavour
@pytest.mark.parametrize("style", STYLES)
def test_a_transcript_is_replayed_to_its_end(run: Any, style: str) -> None:
    kind = MockTransport if run is RUNNERS["sync"] else AsyncMockTransport
    for transcript in TRANSCRIPTS:
        if transcript.style != style:
            continue
        for options in ({}, {"prefetch": 1}):
            replay = Replay(transcript)

            async def scenario(
                api: Api, one: Transcript = transcript, options: Any = options
            ) -> None:
                assert await read(api, one, **options) == one.items

            try:
                run(scenario, host="https://api.example", access_token="t", transport=kind(replay))
            except AssertionError as error:
                error.add_note(f"{transcript.style}, {transcript.name}, {options}")
                raise
            assert replay.left == [], transcript.name


@every_flavour
def test_some_are_replayed_over_sockets(run: Any) -> None:
    chosen = [one for one in TRANSCRIPTS if one.style in ("scim", "cursor-body", "search-q64")]
    left = [Replay(one) for one in chosen]

    def handler(seen: Seen) -> Reply:
        replay = next(one for one in left if one.left)
        return Reply(json=replay.take(seen.target, seen.body))

    async def scenario(api: Api) -> None:
        for transcript in chosen:
            assert await read(api, transcript) == transcript.items

    with scripted_server(handler) as server:
        run(scenario, host=server.url)
    assert not any(one.left for one in left)


def test_every_style_has_two_transcripts_or_more() -> None:
    counts = Counter(one.style for one in TRANSCRIPTS)
    assert min(counts.values()) >= 2
    assert len(TRANSCRIPTS) >= 60
    assert len({(one.style, one.name) for one in TRANSCRIPTS}) == len(TRANSCRIPTS)


def test_every_style_read_by_hand_has_transcripts() -> None:
    expected = Path(__file__).parents[2] / "core/definition/read/listings_269.tsv"
    lines = [line.split("\t") for line in expected.read_text().splitlines() if "\t" in line]
    assert {style for _, style, _ in lines} <= set(STYLES)
