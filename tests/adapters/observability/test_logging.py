"""Records of calls: what the program's handlers get, what the client's own console and file get."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import sys
import threading

import pytest

from genesys_cloud import Client, ClientCredentials, RetryConfiguration
from genesys_cloud.observability.logging import TRACE, LoggingObserver, _to_console
from genesys_core import errors
from genesys_core.api import users
from genesys_core.configuration import LoggingConfiguration
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.http.redaction import Redaction
from genesys_core.session.vault import Vault
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN, Reply, scripted_server
from tests.strategies.calls import Driver, at, operation, reply, scripted, session, token_reply
from tests.strategies.observability import Kept, program_logging

RETRY = RetryConfiguration(max_retry_time_sec=600)
GRANT = ClientCredentials("id", "secret")
EVERYTHING = LoggingConfiguration(level="trace", request_body=True, response_body=True)


def watched(observer, *outcomes, **said):
    return Driver(session(**said), scripted(*outcomes), observers=(observer,))


class Poison(Redaction, frozen=True):
    """A redaction that must not be asked."""

    def shown_url(self, url: str) -> str:
        raise AssertionError("looked at")


# --- the program's handlers -------------------------------------------------------------------------


def test_one_record_an_attempt_with_all_that_is_known():
    with program_logging() as kept:
        driver = watched(
            LoggingObserver(EVERYTHING), reply(503), reply(429, "7"), reply(200), retry=RETRY
        )
        driver.call(operation())
    url = "https://api.mypurecloud.ie/api/v2/things"
    assert kept.messages[1:] == [
        f"GET {url}: 429, attempt 2, sent again after 7 s (HTTP 429, Retry-After 7 s)",
        f"GET {url}: 200, attempt 3",
    ]
    assert {(record.name, record.levelname) for record in kept.records} == {
        ("genesys_cloud", "TRACE")
    }
    facts = kept.records[1].genesys_cloud
    assert {
        name: facts[name] for name in ("operation", "statusCode", "attempt", "decision", "wait")
    } == {
        "operation": "get_things",
        "statusCode": 429,
        "attempt": 2,
        "decision": "repeat",
        "wait": 7.0,
    }
    assert json.loads(json.dumps(facts)) == facts


def test_a_failure_is_an_error_at_every_level():
    for level in ("trace", "debug", "error"):
        with program_logging() as kept:
            watched(LoggingObserver(LoggingConfiguration(level=level)), reply(400)).call(
                operation()
            )
        assert [record.levelno for record in kept.records] == [logging.ERROR]


@pytest.mark.parametrize("level", ["none", None])
def test_nothing_is_looked_at_where_the_level_is_off(level):
    observer = LoggingObserver(LoggingConfiguration(level=level), Poison())
    with program_logging() as kept:
        assert observer.begin("get_things", "api", at(0)) is None
        watched(observer, reply(400)).call(operation())
    assert kept.records == []


def test_a_success_is_not_looked_at_where_only_errors_are_wanted():
    observer = LoggingObserver(LoggingConfiguration(level="error"), Poison())
    with program_logging() as kept:
        driver = watched(observer, reply(200), reply(400))
        driver.call(operation())
        with pytest.raises(AssertionError, match="looked at"):
            driver.call(operation())
    assert kept.records == []


@pytest.mark.parametrize(
    ("own", "root", "expected"),
    [
        (logging.NOTSET, logging.WARNING, None),
        (logging.NOTSET, logging.INFO, None),
        (logging.NOTSET, logging.DEBUG, "DEBUG"),
        (logging.NOTSET, 1, "TRACE"),
        (logging.DEBUG, logging.WARNING, "DEBUG"),
        (TRACE, logging.WARNING, "TRACE"),
        (logging.ERROR, logging.DEBUG, None),
    ],
)
def test_without_a_configured_level_the_programs_own_holds(own, root, expected):
    observer = LoggingObserver()
    logger, above, kept = logging.getLogger("genesys_cloud"), logging.getLogger(), Kept()
    before = logger.level, above.level
    above.addHandler(kept)
    try:
        logger.setLevel(own)
        above.setLevel(root)
        watched(observer, reply(200)).call(operation())
    finally:
        above.removeHandler(kept)
        logger.setLevel(before[0])
        above.setLevel(before[1])
    names = [record.levelname for record in kept.records if record.name == "genesys_cloud"]
    assert names == ([expected] if expected else [])


def test_errors_alone_when_the_logger_says_so():
    with program_logging(logging.ERROR) as kept:
        watched(LoggingObserver(), reply(200)).call(operation())
        assert kept.records == []
        watched(LoggingObserver(), reply(400)).call(operation())
    assert [record.levelno for record in kept.records] == [logging.ERROR]


def test_a_level_set_on_the_logger_holds_for_a_client_that_says_more():
    with program_logging(logging.ERROR) as kept:
        driver = watched(LoggingObserver(EVERYTHING), reply(200), reply(400))
        driver.call(operation())
        driver.call(operation())
    assert [record.levelno for record in kept.records] == [logging.ERROR]


def test_logging_that_the_program_has_switched_off_stays_off(capsys):
    settings = LoggingConfiguration(level="trace", to_console=False)
    with program_logging() as kept:
        logging.disable(logging.CRITICAL)
        try:
            watched(LoggingObserver(settings), reply(200)).call(operation())
        finally:
            logging.disable(logging.NOTSET)
    assert kept.records == []
    assert capsys.readouterr() == ("", "")


def test_clients_with_different_levels_live_together():
    with program_logging() as kept:
        for level in ("none", "debug", "trace"):
            watched(LoggingObserver(LoggingConfiguration(level=level)), reply(200)).call(
                operation()
            )
    assert [record.levelname for record in kept.records] == ["DEBUG", "TRACE"]


def test_the_program_can_filter_by_what_is_known():
    with program_logging() as kept:
        kept.addFilter(lambda record: record.genesys_cloud["operation"] == "post_things")
        driver = watched(LoggingObserver(EVERYTHING), reply(200))
        driver.call(operation())
        driver.call(operation("POST"))
    assert [record.genesys_cloud["method"] for record in kept.records] == ["POST"]


def test_a_record_survives_a_queue_to_another_process():
    import pickle

    with program_logging() as kept:
        watched(LoggingObserver(EVERYTHING), reply(200)).call(operation())
    (record,) = kept.records
    assert pickle.loads(pickle.dumps(record)).getMessage() == record.getMessage()


def test_names_that_are_hidden_can_be_added():
    headers = Headers({"X-Tenant": "acme", "Server": "x"})
    with program_logging() as kept:
        observer = LoggingObserver(EVERYTHING, Redaction(headers={"x-tenant"}))
        watched(observer, Response(200, headers)).call(operation())
    shown = kept.records[0].genesys_cloud["responseHeaders"]
    assert shown == {"X-Tenant": "[REDACTED]", "Server": "x"}


def test_leaves_that_did_not_fit_are_a_warning():
    answer = reply(200, body=b'{"id": "1", "version": "hunter2"}')
    with program_logging() as kept:
        for level in ("debug", "error"):
            observer = LoggingObserver(LoggingConfiguration(level=level))
            watched(observer, answer).call(users.get_users_me())
    warnings = [record for record in kept.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].getMessage().startswith("get_users_me: decoding issues (1): $.version: ")
    assert "hunter2" not in warnings[0].getMessage()


def test_the_exchange_of_a_token_never_shows_a_body():
    answers = (token_reply("t0k3n"), reply(400, body=b'{"x": "visible"}'))
    with program_logging() as kept:
        driver = watched(LoggingObserver(EVERYTHING), *answers, vault=Vault(GRANT))
        driver.call(operation("POST", body="any"))
    exchange, call = kept.records
    assert exchange.genesys_cloud["operation"] == "oauth_token"
    assert not {"requestBody", "responseBody"} & set(exchange.genesys_cloud)
    assert call.genesys_cloud["responseBody"] == '{"x": "visible"}'


# --- the console ------------------------------------------------------------------------------------


def test_the_console_is_standard_error(capsys):
    with program_logging(handled=False):
        watched(LoggingObserver(EVERYTHING), reply(200)).call(operation())
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("TRACE: 2023-11-14T22:13:20.000Z\n=== REQUEST ===\nURL: https://api.")


def test_the_console_in_json(capsys):
    with program_logging(handled=False):
        settings = LoggingConfiguration(level="debug", format="json")
        watched(LoggingObserver(settings), reply(200), reply(404)).call(operation())
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["statusCode"] == 200


@pytest.mark.parametrize(
    ("switch", "handled", "shown"),
    [(None, False, True), (None, True, False), (True, True, True), (False, False, False)],
)
def test_a_record_is_shown_once_unless_asked_for_twice(capsys, switch, handled, shown):
    settings = LoggingConfiguration(level="debug", to_console=switch)
    with program_logging(handled=handled) as kept:
        watched(LoggingObserver(settings), reply(200)).call(operation())
    assert len(kept.records) == int(handled)
    assert bool(capsys.readouterr().err) == shown


class Interrupted(io.StringIO):
    """A console whose write was interrupted by a signal handler that writes to it too."""

    def write(self, _: str) -> int:
        raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")


@pytest.mark.parametrize(
    "stream",
    [None, open(os.devnull, encoding="ascii"), Interrupted()],  # noqa: PTH123, SIM115
)
def test_a_program_without_a_console_goes_on(monkeypatch, stream):
    if stream is not None and not isinstance(stream, Interrupted):
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    with program_logging(handled=False):
        assert watched(LoggingObserver(EVERYTHING), reply(200)).call(operation())


# --- the file ---------------------------------------------------------------------------------------


def to_file(path, **said):
    return LoggingConfiguration(
        **{"level": "debug", "format": "json", "to_console": False, "file_path": str(path), **said}
    )


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def closing():
    opened = []
    yield lambda observer: opened.append(observer) or observer
    for observer in opened:
        observer.close()


def test_a_file_is_appended_to(tmp_path, closing):
    path = tmp_path / "log"
    path.write_text("before\n")
    observer = closing(LoggingObserver(to_file(path, format="text")))
    watched(observer, reply(200)).call(operation())
    assert path.read_text().startswith("before\nDEBUG: 2023-11-14T22:13:20.000Z\n=== REQUEST ===\n")


def test_a_file_that_was_moved_away_is_opened_anew(tmp_path, closing):
    path, moved = tmp_path / "log", tmp_path / "log.1"
    observer = closing(LoggingObserver(to_file(path)))
    driver = watched(observer, reply(200))
    driver.call(operation())
    path.rename(moved)
    driver.call(operation())
    driver.call(operation())
    assert (len(lines(moved)), len(lines(path))) == (1, 2)
    path.unlink()
    driver.call(operation())
    assert len(lines(path)) == 1


def test_the_library_never_rotates(tmp_path, closing):
    observer = closing(LoggingObserver(to_file(tmp_path / "log")))
    driver = watched(observer, reply(200))
    for _ in range(300):
        driver.call(operation())
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert len(lines(tmp_path / "log")) == 300


def test_records_of_many_clients_and_threads_do_not_mix(tmp_path, closing):
    path = tmp_path / "log"
    body = b'{"a": "' + b"x" * 20_000 + b'"}'

    def work():
        observer = closing(LoggingObserver(to_file(path, response_body=True)))
        driver = watched(observer, Response(400, Headers(), body))
        for _ in range(20):
            driver.call(operation())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(path)) == 80


def test_no_file_is_made_where_nothing_is_logged(tmp_path):
    LoggingObserver(to_file(tmp_path / "log", level="none")).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "missing" / "log"
    with pytest.raises(errors.ConfigurationError, match=re.escape(f"log_file_path '{path}'")):
        LoggingObserver(to_file(path))


def test_a_file_that_breaks_later_ends_no_call(tmp_path, closing, monkeypatch, capsys):
    folder = tmp_path / "logs"
    folder.mkdir()
    observer = closing(LoggingObserver(to_file(folder / "log")))
    driver = watched(observer, reply(200))
    (folder / "log").unlink()
    folder.rmdir()
    driver.call(operation())
    assert "Logging error" in capsys.readouterr().err
    monkeypatch.setattr(logging, "raiseExceptions", False)
    driver.call(operation())
    assert capsys.readouterr().err == ""
    folder.mkdir()
    driver.call(operation())
    assert len(lines(folder / "log")) == 1


def test_half_surrogate_pairs_and_other_scripts_go_into_a_file(tmp_path, closing):
    observer = closing(LoggingObserver(to_file(tmp_path / "log", level="trace")))
    headers = Headers.received([("X-A", "\udcff"), ("X-B", "žluť 木")])
    watched(observer, Response(200, headers)).call(operation())
    shown = json.loads((tmp_path / "log").read_bytes().decode())["responseHeaders"]
    assert shown == {"X-A": "?", "X-B": "žluť 木"}


def test_new_settings_take_effect_between_calls(tmp_path, closing):
    first, second = tmp_path / "first", tmp_path / "second"
    observer = closing(LoggingObserver(to_file(first)))
    driver = watched(observer, reply(200))
    under_way = observer.begin("get_things", "api", at(0))
    assert under_way is not None
    observer.configure(to_file(second, format="text"))
    driver.call(operation())
    assert first.read_text() == ""
    assert second.read_text().startswith("DEBUG: ")
    observer.configure(to_file(second, format="json"))
    driver.call(operation())
    assert json.loads(second.read_text().splitlines()[-1])
    observer.configure(LoggingConfiguration(level="none"))
    driver.call(operation())
    assert len([line for line in second.read_text().splitlines() if line.startswith("{")]) == 1


@pytest.mark.parametrize("files", [["second"], ["second", "third"], [None]])
def test_a_record_under_way_is_written_to_the_new_file(tmp_path, closing, monkeypatch, files):
    """A call has selected the old file, and another thread replaces it before the record is written."""
    observer = closing(LoggingObserver(to_file(tmp_path / "first", to_console=True)))

    class Console(io.StringIO):
        def write(self, text: str) -> int:
            while files:
                name = files.pop(0)
                observer.configure(
                    LoggingConfiguration(level="trace")
                    if name is None
                    else to_file(tmp_path / name, to_console=True)
                )
            return super().write(text)

    last = files[-1]
    monkeypatch.setattr(sys, "stderr", Console())
    watched(observer, reply(200)).call(operation())
    assert (tmp_path / "first").read_text() == ""
    assert {path.name for path in tmp_path.iterdir() if path.read_text()} == {last} - {None}


def test_bad_new_settings_change_nothing(tmp_path, closing):
    observer = closing(LoggingObserver(to_file(tmp_path / "log")))
    with pytest.raises(errors.ConfigurationError):
        observer.configure(to_file(tmp_path / "missing" / "log", format="text"))
    watched(observer, reply(200)).call(operation())
    assert len(lines(tmp_path / "log")) == 1


def test_a_closed_client_opens_its_file_no_more(tmp_path):
    observer = LoggingObserver(to_file(tmp_path / "log"))
    driver = watched(observer, reply(200))
    call = observer.begin("get_things", "api", at(0))
    assert call is not None
    observer.close()
    observer.close()
    driver.call(operation())
    assert (tmp_path / "log").read_text() == ""


def test_a_warning_goes_to_its_logger_and_to_the_file(tmp_path, closing):
    observer = closing(LoggingObserver(to_file(tmp_path / "log")))
    with program_logging() as kept:
        observer.warn("password=hunter2 is wrong", now=at(0))
    (record,) = kept.records
    assert (record.name, record.levelno) == ("genesys_cloud.config", logging.WARNING)
    assert record.getMessage() == "password=[REDACTED] is wrong"
    assert lines(tmp_path / "log")[0]["message"] == "password=[REDACTED] is wrong"


def test_the_level_below_debug_has_a_name():
    LoggingObserver()
    assert logging.getLevelName(TRACE) == "TRACE"


# --- through the drivers ----------------------------------------------------------------------------


@every_flavour
def test_a_call_with_its_token_and_its_repeat_is_three_records(run, tmp_path):
    path = tmp_path / "log"

    def answer(seen):
        if seen.path == "/oauth/token":
            return Reply(json=TOKEN)
        calls = len(server.asked("/api/v2/users/me"))
        return Reply(
            503 if calls == 1 else 200, {"id": "1"}, headers=(("Server", "a"), ("Server", "b"))
        )

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me(expand=["presence"]))

    quick = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0)
    settings = to_file(path, level="trace")
    with scripted_server(answer) as server:
        run(scenario, host=server.url, auth=GRANT, retry=quick, logging=settings)
    records = lines(path)
    assert [(each["method"], each["statusCode"], each["attempt"]) for each in records] == [
        ("POST", 200, 1),
        ("GET", 503, 1),
        ("GET", 200, 2),
    ]
    assert records[1]["url"] == f"{server.url}/api/v2/users/me?expand=presence"
    assert records[1]["decision"] == "repeat"
    assert records[1]["responseHeaders"]["Server"] == "a, b"
    assert records[1]["requestHeaders"]["Authorization"] == "[REDACTED]"


@every_flavour
def test_a_client_logs_nothing_unless_told_to(run, capsys):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.NotFoundError):
            await api.send(users.get_users_me())

    with scripted_server(lambda _: Reply(404)) as server, program_logging() as kept:
        run(scenario, host=server.url)
    assert kept.records == []
    assert capsys.readouterr() == ("", "")


@every_flavour
def test_the_programs_handlers_get_the_records(run):
    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())

    with (
        scripted_server(lambda _: Reply(json={})) as server,
        program_logging(logging.DEBUG) as kept,
    ):
        run(scenario, host=server.url)
    assert kept.messages == [f"GET {server.url}/api/v2/users/me: 200"]


def test_a_warning_hides_what_the_client_holds(caplog):
    with Client(access_token="hunter2-access", trust_env=False) as client:
        log = client._setup.logging
        log.warn("was hunter2-access, was Bearer hunter2", now=at(0))  # noqa: G010 - no Logger
    assert caplog.messages == ["was [REDACTED], was Bearer [REDACTED]"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # 3.12: threads, and a fork
def test_a_console_in_use_at_a_fork_is_free_in_the_child(monkeypatch):
    writing, release = threading.Event(), threading.Event()

    class Slow(io.StringIO):
        def write(self, line):
            writing.set()
            release.wait(10)
            return len(line)

    monkeypatch.setattr(sys, "stderr", Slow())
    thread = threading.Thread(target=_to_console, args=("parent",))
    thread.start()
    writing.wait(10)
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(5)  # ends the child if it waits for the thread
            sys.stderr = io.StringIO()
            _to_console("child")
        finally:
            os._exit(0)
    release.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_call_of_a_signal_handler_may_log_to_a_console_in_use(monkeypatch):
    class Interrupted(io.StringIO):
        def write(self, line):
            if line == "outer\n":
                _to_console("inner")
            return super().write(line)

    shown = Interrupted()
    monkeypatch.setattr(sys, "stderr", shown)
    thread = threading.Thread(target=_to_console, args=("outer",), daemon=True)
    thread.start()
    thread.join(5)
    assert shown.getvalue() == "inner\nouter\n"
