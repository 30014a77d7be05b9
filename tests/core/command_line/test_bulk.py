"""Bulk runs: each row once, outcomes in order, and what is left after an interruption."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_core import errors
from genesys_core.command_line.bulk import (
    BulkJournal,
    BulkRun,
    RowFailure,
    RowOutcome,
    complete_lines,
    describe_failure,
    ends_run,
    is_repeatable,
    journal_head,
    journal_line,
    read_journal,
    stop_code,
    summarize_run,
)
from genesys_core.command_line.exit_codes import ExitCode
from genesys_core.command_line.usage import UsageError
from genesys_core.http.messages import Request, Response
from tests.helpers.examples import examples

HEAD = journal_head("post_users", "abc")


def rows_of(outcomes):
    return [outcome.row for outcome in outcomes]


def test_rows_run_side_by_side_and_end_in_order():
    run = BulkRun(repeatable=False, parallel=2)
    assert run.is_idle
    assert [run.offer(1, "a"), run.offer(2, "b")] == ["start", "start"]
    assert run.wants_row is False
    assert not run.is_idle
    run.finish(RowOutcome(2))
    assert run.wants_row
    assert run.take_ended() == []
    run.finish(RowOutcome(1, RowFailure("no")))
    assert rows_of(run.take_ended()) == [1, 2]
    assert (run.done, run.failed) == (1, 1)


def test_a_slow_row_holds_up_a_limited_number_of_others():
    run = BulkRun(repeatable=False, parallel=2)
    run.offer(1, None)
    row = 1
    while run.wants_row:
        row += 1
        run.offer(row, None)
        run.finish(RowOutcome(row))
    assert row == 32
    assert run.take_ended() == []
    run.finish(RowOutcome(1))
    assert rows_of(run.take_ended()) == list(range(1, 33))
    assert run.wants_row


def test_too_many_failures_end_the_run():
    run = BulkRun(repeatable=False, max_failures=1)
    for row in (1, 2, 3):
        run.offer(row, None)
    run.finish(RowOutcome(1, RowFailure("no")))
    assert run.wants_row
    run.finish(RowOutcome(2, RowFailure("no")))
    assert not run.wants_row
    run.finish(RowOutcome(3))
    assert run.is_idle
    assert run.stop_reason == "more than 1 rows failed"
    assert stop_code(run) is ExitCode.ROWS_FAILED


def test_an_interruption_ends_the_run():
    run = BulkRun(repeatable=False)
    run.interrupt()
    run.stop("later")
    assert not run.wants_row
    assert (run.stop_reason, stop_code(run)) == ("interrupted", ExitCode.INTERRUPTED)


def test_a_withdrawn_row_has_no_outcome():
    run = BulkRun(repeatable=False)
    run.offer(1, None)
    run.offer(2, None)
    run.withdraw(1, "401")
    run.finish(RowOutcome(2))
    assert run.is_idle
    assert rows_of(run.take_ended()) == [2]
    assert run.stop_reason == "401"


def test_rows_of_an_earlier_run():
    journal = BulkJournal(frozenset({1}), frozenset({2}))
    run = BulkRun(repeatable=False, journal=journal)
    assert [run.offer(row, "x") for row in (1, 2, 3)] == ["skip", "fail", "start"]
    assert run.skipped == 1
    (outcome,) = run.take_ended()
    assert (outcome.row, outcome.given) == (2, "x")
    assert outcome.failure is not None
    assert outcome.failure.may_be_done
    again = BulkRun(repeatable=True, journal=journal)
    assert again.offer(2, "x") == "start"


@pytest.mark.parametrize(
    ("method", "reads", "expected"),
    [("GET", False, True), ("PUT", False, True), ("POST", False, False), ("POST", True, True)],
)
def test_what_may_be_repeated(method, reads, expected):
    assert is_repeatable(method, reads) is expected


def test_the_journal_tells_what_is_left():
    lines = [
        HEAD,
        journal_line("started", 1),
        journal_line("started", 2),
        journal_line("done", 1),
        journal_line("started", 3),
        journal_line("failed", 3),
        journal_line("started", 4),
        journal_line("withdrawn", 4),
        "",
        "x 5",
        "d x",
    ]
    text = [f"{line}\n" for line in lines]
    found = read_journal([*text, "d 2"], HEAD, "j")  # the last line was cut off
    assert found == BulkJournal(frozenset({1, 3}), frozenset({2}), frozenset({3}), "#\n")
    assert read_journal([f"{HEAD}\n"], HEAD, "j") == BulkJournal()
    for other in ([], ["text\n"], [f"{journal_head('post_users', 'abd')}\n"]):
        with pytest.raises(UsageError, match="j: is not a journal of this operation"):
            read_journal(other, HEAD, "j")


@pytest.mark.parametrize("size", range(8))
def test_a_line_that_was_cut_off_is_never_read_as_another_row(size):
    """Such as "d 12" of "d 123": row 12 would be skipped although it is still to be done."""
    before = f"{HEAD}\n{journal_line('started', 12)}\n{journal_line('started', 123)}\n"
    text = before + f"{journal_line('done', 123)}\n"[:size]
    for _ in range(2):
        found = read_journal(text.splitlines(keepends=True), HEAD, "j")
        assert 12 in found.unknown
        text += found.ending + f"{journal_line('started', 124)}\n"
    assert read_journal(text.splitlines(keepends=True), HEAD, "j").unknown >= {12, 124}


def test_a_journal_whose_first_line_lacks_its_line_feed_is_continued():
    found = read_journal([HEAD], HEAD, "j")
    assert found == BulkJournal(ending="\n")
    assert read_journal([HEAD + found.ending], HEAD, "j") == BulkJournal()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (0, "")),
        (b'{"row": 1}\n', (11, "")),
        (b'{"row": 1}\n{"row": 2, "rea', (11, "")),
        (b'{"row": 1}\n{"row": 2, "\xc3', (11, "")),
        (b'{"row": 1}\n{"row": 2}', (21, "\n")),
        (b"[" * 100_000, (0, "")),
    ],
)
def test_an_entry_that_was_cut_off_is_not_kept(content, expected):
    assert complete_lines(content) == expected


def api_error(kind, status):
    response = Response(status, {"ININ-Correlation-Id": "c"})
    error = kind("no", response=response, request=Request("GET", "http://x.example"))
    error.correlation_id = "c"
    return error


def after_a_doubtful_attempt(error: errors.ApiError) -> errors.ApiError:
    error.is_retry_safe = False
    return error


@pytest.mark.parametrize(
    ("error", "status", "may_be_done"),
    [
        (api_error(errors.BadRequestError, 400), 400, False),
        (api_error(errors.ConflictError, 409), 409, False),
        (api_error(errors.ServerError, 500), 500, True),
        (api_error(errors.ServerError, 503), 503, True),
        (after_a_doubtful_attempt(api_error(errors.RateLimitError, 429)), 429, True),
        (errors.DecodeError("x"), None, True),
        (errors.ConnectError("x", sent=False), None, False),
        (errors.ConnectionClosedError("x", sent=True), None, True),
        (errors.InvalidValueError("x"), None, False),
        (UsageError("x"), None, False),
    ],
)
def test_failures(error, status, may_be_done):
    failure = describe_failure(error)
    assert (failure.status, failure.may_be_done) == (status, may_be_done)
    assert failure.reason == str(error)
    line = failure.line(7, {"a": 1})
    assert line == {
        "row": 7,
        "reason": str(error),
        **({"status": status, "correlationId": "c"} if status else {}),
        **({"mayBeDone": True} if may_be_done else {}),
        "input": {"a": 1},
    }


def test_credentials_that_are_not_accepted_end_the_run():
    assert ends_run(api_error(errors.AuthenticationError, 401))
    assert ends_run(errors.InvalidClientError("invalid_client"))
    assert not ends_run(api_error(errors.NotFoundError, 404))


def test_the_summary():
    run = BulkRun(repeatable=False, done=1234)
    assert summarize_run(run, 2.04, "f") == "1,234 done in 2.0 s"
    run = BulkRun(repeatable=False, done=1, failed=2, skipped=3, stop_reason="interrupted")
    assert summarize_run(run, 1, "f") == (
        "1 done in 1.0 s, 2 failed (see f), 3 finished earlier; stopped: interrupted"
    )


def test_rows_that_failed_in_an_earlier_run_are_still_reported():
    run = BulkRun(repeatable=False, done=1, skipped=3)
    assert not run.has_failures
    run.journal = BulkJournal(finished=frozenset({1, 2, 3}), failed=frozenset({2}))
    assert run.has_failures
    assert summarize_run(run, 1, "f") == (
        "1 done in 1.0 s, 3 finished earlier, 1 failed earlier (see f)"
    )
    assert BulkRun(repeatable=False, failed=1).has_failures


@settings(max_examples=examples(50))
@given(st.data())
def test_each_row_is_done_once_or_reported_whatever_happens(data):
    """Any order of endings, failures and crashes, with a journal between the runs."""
    rows = data.draw(st.integers(0, 12))
    repeatable = data.draw(st.booleans())
    lines = [f"{HEAD}\n"]
    effects = dict.fromkeys(range(1, rows + 1), 0)
    reported = []

    def record(event, row):
        lines.append(f"{journal_line(event, row)}\n")

    def take(run):
        for outcome in run.take_ended():
            if outcome.failure is not None:
                reported.append(outcome.row)
                record("failed", outcome.row)

    for _ in range(5):
        is_last = _ == 4
        run = BulkRun(repeatable, data.draw(st.integers(1, 3)))
        run.journal = read_journal(lines, HEAD, "j")
        left, running = list(range(1, rows + 1)), []
        crashed = False
        while not crashed:
            while left and run.wants_row:
                row = left.pop(0)
                if run.offer(row, row) == "start":
                    record("started", row)
                    running.append(row)
            take(run)
            if not running:
                if not left:
                    break
                continue
            what = (
                "done"
                if is_last
                else data.draw(st.sampled_from(["done", "failed", "effect, then crash", "crash"]))
            )
            row = data.draw(st.sampled_from(running))
            if what in {"done", "effect, then crash"}:
                effects[row] += 1
            if "crash" in what:
                crashed = True
                continue
            running.remove(row)
            if what == "done":
                record("done", row)
            run.finish(RowOutcome(row, None if what == "done" else RowFailure("no")))
            take(run)
        if not crashed:
            break
    assert len(reported) == len(set(reported))
    for row, count in effects.items():
        assert count or row in reported
        if not repeatable:
            assert count <= 1


def test_what_is_assumed_where_nothing_is_said():
    assert BulkRun(repeatable=False).parallel == 8
    assert not RowFailure("no").may_be_done
