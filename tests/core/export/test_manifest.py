"""The manifest: any sequence of crashes ends in the same complete manifest."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from genesys_core.codec.intervals import Interval
from genesys_core.errors import ExportError
from genesys_core.export.datasets import find_export
from genesys_core.export.manifest import (
    ExportDocument,
    ExportedFile,
    ExportPart,
    MissingSlice,
    PlannedSlice,
    check_published,
    decode_document,
    decode_part,
    describe_export,
    encode_document,
    encode_part,
    extend_document,
    find_unnamed_parts,
    judge_export,
    name_part,
    select_present,
    select_slices,
)
from genesys_core.export.plan import plan
from genesys_core.export.reading import SliceTotals
from tests.strategies.export import expected, exports, read_slice, records

EXPORT = find_export("conversations", Interval.of_days(date(2024, 1, 1), date(2024, 1, 3)))
DOCUMENT = describe_export(plan(EXPORT), "jsonl")


class CrashError(Exception):
    """The process was killed."""


class Disk:
    """Files that are replaced whole, and a process that may be killed before any step."""

    def __init__(self, lives: list[int]) -> None:
        self.files: dict[str, bytes] = {}
        self.parts: dict[str, tuple[str, ...]] = {}
        self.lives, self.left = lives, 0

    def start(self) -> None:
        self.left = self.lives.pop(0) if self.lives else 10**9

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CrashError

    def entries(self) -> list[ExportPart]:
        return [part for content in self.files.values() if (part := decode_part(content))]


def fetch(disk: Disk, slice_, kept) -> None:
    got, totals = read_slice(slice_, kept)
    disk.step()
    disk.parts[slice_.id] = tuple(got)
    entry = encode_part(ExportPart(slice_.id, "f", len(got), "", totals))
    try:
        disk.step()
    except CrashError:
        disk.files[slice_.id] = entry[: len(entry) // 2]  # a file system that tears
        raise
    disk.files[slice_.id] = entry


@given(
    export=exports(), kept=records(), lives=st.lists(st.integers(0, 7), max_size=10), data=st.data()
)
def test_for_any_crashes_the_manifest_ends_complete_and_each_record_is_there_once(
    export, kept, lives, data
):
    disk, document = Disk(lives), describe_export(plan(export), "jsonl")
    while True:
        disk.start()
        try:
            for slice_ in data.draw(st.permutations(select_slices(plan(export), disk.entries()))):
                fetch(disk, slice_, kept)
            break
        except CrashError:
            continue
        except AssertionError:
            raise
    status = judge_export(document, disk.entries())
    done = [one for one in status.parts if not one.totals.shortfall]
    assert len(status.parts) == status.slices
    assert {one.slice for one in done}.isdisjoint(one.id for one in status.missing)
    assert sorted(one for ids in disk.parts.values() for one in ids) == expected(kept, export)
    assert status.records == len(expected(kept, export))


def part(number: int, **totals) -> ExportPart:
    return ExportPart(
        DOCUMENT.slices[number].id, f"{number}.jsonl", 10, "ab", SliceTotals(**totals)
    )


def test_an_entry_and_a_document_are_read_as_written():
    one = part(0, records=3, available_until=datetime(2024, 1, 1, tzinfo=UTC))
    assert decode_part(encode_part(one)) == one
    assert decode_document(encode_document(DOCUMENT)) == DOCUMENT
    assert (DOCUMENT.name, DOCUMENT.format, len(DOCUMENT.slices)) == ("conversations", "jsonl", 3)
    assert DOCUMENT.slices[0].interval == "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"
    assert describe_export(plan(find_export("users")), "csv").slices[0].interval == ""


@given(cut=st.integers(0, 400), junk=st.binary(max_size=20))
def test_a_torn_or_foreign_entry_is_absent(cut, junk):
    content = encode_part(part(0, records=3))
    assert decode_part(content[: min(cut, len(content) - 1)]) is None
    assert decode_part(junk + b"\n") is None
    assert decode_part(b"[" * 100_000 + b"\n") is None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version":1', b"\xff", b"[" * 100_000])
def test_a_foreign_document_is_refused(content):
    with pytest.raises(ExportError, match="is not an export document"):
        decode_document(content)


def test_a_later_version_is_refused():
    later = ExportDocument(version=2, name="x", digest="", format="jsonl", slices=())
    with pytest.raises(ExportError, match=r"has version 2.*upgrade"):
        decode_document(encode_document(later))


def test_what_is_missing_is_said_and_when_it_may_be_there():
    until = datetime(2024, 1, 2, 12, tzinfo=UTC)
    entries = [
        part(0, records=5),
        part(1, records=2, shortfall="it lags", available_until=until),
        ExportPart("of-another-plan", "x", 1, ""),
    ]
    status = judge_export(DOCUMENT, entries)
    assert (status.slices, status.records, status.size) == (3, 7, 20)
    assert not status.is_complete
    second, third = DOCUMENT.slices[1:]
    assert status.missing == (
        MissingSlice(second.id, second.interval, "it lags", datetime(2024, 1, 4, tzinfo=UTC)),
        MissingSlice(third.id, third.interval, "not fetched"),
    )
    assert select_slices(plan(EXPORT), entries) == plan(EXPORT)[1:]
    assert judge_export(DOCUMENT, [part(n) for n in range(3)]).is_complete


def test_a_document_is_indented_and_may_lack_what_has_a_default():
    document = ExportDocument(name="x", digest="d", format="csv", slices=(PlannedSlice("all"),))
    assert (
        encode_document(document).decode()
        == """{
  "version": 1,
  "name": "x",
  "digest": "d",
  "format": "csv",
  "identity": "",
  "model": "object",
  "slices": [
    {
      "id": "all",
      "interval": "",
      "takes_earlier": false
    }
  ]
}
"""
    )
    bare = b'{"name": "x", "digest": "d", "format": "csv", "slices": [{"id": "all"}]}'
    assert decode_document(bare) == document


def test_a_shortfall_that_is_no_lag_has_no_date():
    planned = PlannedSlice("all")
    document = ExportDocument(name="x", digest="", format="csv", slices=(planned,))
    until = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(0)
    for totals in (
        SliceTotals(shortfall="few"),
        SliceTotals(shortfall="few", available_until=until),
    ):
        status = judge_export(document, [ExportPart("all", "f", 0, "", totals)])
        assert status.missing == (MissingSlice("all", "", "few"),)
    first = DOCUMENT.slices[0]
    status = judge_export(DOCUMENT, [part(0, shortfall="few"), part(1), part(2)])
    assert status.missing == (MissingSlice(first.id, first.interval, "few"),)


def days(first: int, last: int, **options):
    interval = Interval.of_days(date(2024, 1, first), date(2024, 1, last))
    return describe_export(plan(find_export("conversations", interval, **options)), "jsonl")


def test_an_export_is_continued_with_a_later_end():
    longer = extend_document(days(1, 2), days(1, 4))
    assert longer == days(1, 4)
    assert extend_document(longer, days(1, 2)) == longer
    assert extend_document(days(1, 4), days(1, 4)) == days(1, 4)


def test_a_part_of_a_plan_is_added_to_the_rest():
    slices = plan(EXPORT)
    first, rest = (describe_export(some, "jsonl") for some in (slices[:1], slices[1:]))
    assert extend_document(rest, first) == extend_document(first, rest) == DOCUMENT


@pytest.mark.parametrize(
    ("kept", "added", "words"),
    [
        (days(1, 3), days(1, 3, days=2), "overlaps"),
        (days(2, 3), days(1, 3), "overlaps"),
        (days(1, 3), days(2, 3), "overlaps"),
        (days(1, 2), days(1, 2, body={"order": "asc"}), "an export with the digest"),
        (days(1, 2), describe_export(plan(find_export("users")), "jsonl"), "the export conv"),
        (
            days(1, 2),
            describe_export(plan(EXPORT), "csv"),
            "an export in the format jsonl, not csv",
        ),
    ],
)
def test_an_export_that_is_not_the_same_is_refused(kept, added, words):
    with pytest.raises(ExportError, match=words):
        extend_document(kept, added)


def test_slices_with_and_without_an_interval_overlap():
    timeless = ExportDocument(
        name=DOCUMENT.name, digest=DOCUMENT.digest, format="jsonl", slices=(PlannedSlice("all"),)
    )
    for kept, added in ((timeless, DOCUMENT), (DOCUMENT, timeless)):
        with pytest.raises(ExportError, match="overlaps"):
            extend_document(kept, added)


def test_slices_of_no_or_several_exports_are_refused():
    for slices in ((), (*plan(EXPORT), *plan(find_export("users")))):
        with pytest.raises(ExportError, match="one or more slices of one export"):
            describe_export(slices, "jsonl")


def test_media_belong_to_their_part():
    files = tuple(ExportedFile(f"media/s/{name}.wav", 5, "0" * 64) for name in "ab")
    part = ExportPart("s", "s.jsonl", 1, "0" * 64, media=files)
    assert decode_part(encode_part(part)) == part
    assert b"media" not in encode_part(replace(part, media=()))  # as earlier versions wrote it
    document = ExportDocument(name="x", digest="d", format="jsonl", slices=(PlannedSlice("s"),))
    assert judge_export(document, [part]).media == files


def test_the_name_of_a_part_has_the_beginning_of_its_digest() -> None:
    assert name_part("calls-all-00", "jsonl", "0123456789abcdef" * 4) == (
        "calls-all-00-0123456789ab.jsonl"
    )


def named_part(name: str) -> ExportPart:
    return ExportPart("s-0123456789ab", name, 1, "")


def test_an_entry_counts_if_its_part_exists() -> None:
    here, gone = named_part("a.jsonl"), named_part("b.jsonl")
    assert select_present([here, gone], ["a.jsonl", "manifest"]) == (here,)
    check_published(here, ["a.jsonl"])
    with pytest.raises(ExportError, match=r"^b.jsonl: another process") as caught:
        check_published(gone, ["a.jsonl"])
    assert caught.value.missing == ("s-0123456789ab",)


def test_a_part_that_no_entry_names_is_one_of_a_slice() -> None:
    named, unnamed, other = (
        name_part(slice_, "jsonl", digit * 64)
        for slice_, digit in (("s-0123456789ab", "a"), ("s-0123456789ab", "b"), ("t", "a"))
    )
    files = [
        *("manifest", "export.json", "s-0123456789ab.jsonl", f"{unnamed}.gz", f"x-{unnamed}"),
        *("s-0123456789ab-aaaaaaaaaaaa.csv", named, unnamed, other),
    ]
    assert find_unnamed_parts(["s-0123456789ab"], [named_part(named)], files, "jsonl") == (unnamed,)
