"""What was read of a configuration file, and when a change of it has settled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.configuration.configuration import Configuration
from genesys_core.configuration.file_changes import ChangeDetector, FileSnapshot
from genesys_core.errors import ConfigurationError
from genesys_core.session.retry import RetryConfiguration

MISSING = FileSnapshot()
START = ChangeDetector(FileSnapshot("a"))

snapshots = st.one_of(
    st.just(MISSING),
    st.sampled_from(["a", "b", "c"]).map(FileSnapshot),
    st.just(FileSnapshot(problem="cannot be read")),
)


@given(st.lists(snapshots, max_size=30))
def test_a_change_counts_once_and_only_when_it_is_read_twice_in_a_row(taken):
    detector, current = START, START.current
    for before, now in zip([None, *taken], taken, strict=False):
        detector, change = detector.snapshot_taken(now)
        assert (change is not None) == (now == before and now not in {current, MISSING})
        if change is not None:
            assert change == now
            current = change
        assert detector.current == current


@given(st.lists(snapshots, max_size=30), snapshots.filter(lambda snapshot: snapshot != MISSING))
def test_a_file_that_no_longer_changes_is_acted_on_after_two_reads(before, last):
    detector = START
    for snapshot in (*before, last, last):
        detector, _ = detector.snapshot_taken(snapshot)
    assert detector == ChangeDetector(last)
    assert not detector.is_settling


def test_a_change_settles_until_it_is_read_again():
    detector, _ = START.snapshot_taken(FileSnapshot("b"))
    assert detector.is_settling
    detector, _ = detector.snapshot_taken(MISSING)
    assert not detector.is_settling


def test_a_snapshot_becomes_a_configuration():
    text = "[retry]\nretry_max = 3\n"
    assert FileSnapshot(text).configuration("config").retry == RetryConfiguration(retry_max=3)
    assert FileSnapshot(text).configuration("config").origin("retry", "retry_max") == "config:2"


def test_a_file_that_is_not_there_configures_nothing():
    assert MISSING.is_missing
    assert MISSING.configuration("config") == Configuration()


@pytest.mark.parametrize("snapshot", [FileSnapshot(""), FileSnapshot(problem="cannot be read")])
def test_an_empty_file_and_one_that_cannot_be_read_are_there(snapshot):
    assert not snapshot.is_missing


def test_a_file_that_cannot_be_read_is_an_error_that_names_it():
    with pytest.raises(ConfigurationError, match=r"^config: cannot be read$"):
        FileSnapshot(problem="cannot be read").configuration("config")


def test_every_problem_names_the_file():
    with pytest.raises(ConfigurationError) as caught:
        FileSnapshot("[retry]\nretry_max = x\nretry_wait_min = -1").configuration("config")
    assert [text.split(" ")[0] for text in caught.value.problems] == ["config:2:", "config:3:"]


def test_the_text_is_not_shown():
    snapshot = FileSnapshot("password = hunter2", None)
    for shown in (repr(snapshot), repr(ChangeDetector(snapshot)), repr(snapshot.__rich_repr__())):
        assert "hunter2" not in shown
        assert "[REDACTED]" in shown
