"""Observers: several watch as one, and none of them changes what happens."""

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.http.messages import Request
from genesys_core.oauth import ClientCredentials
from genesys_core.observability.observers import CallObserver, Observer, combine_observers
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.vault import Vault
from tests.strategies.calls import (
    at,
    operation,
    reply,
    scripted,
    session,
    token_reply,
)
from tests.strategies.observability import WatchedDriver

NOW = at(0)
GRANT = ClientCredentials("id", "secret")
RETRY = RetryConfiguration(max_retry_time_sec=600)


class Recording(Observer):
    """Writes down what it learns, under its name."""

    def __init__(self, name, log, *, declines=False):
        self.name, self.log, self.declines = name, log, declines

    def begin(self, operation_name, purpose, now):
        self.log.append((self.name, "begin", operation_name, purpose))
        return None if self.declines else RecordingCall(self)

    def channel_opened(self):
        self.log.append((self.name, "opened"))

    def channel_closed(self):
        self.log.append((self.name, "closed"))

    def delivered(self, topic, seconds):
        self.log.append((self.name, topic, seconds))


class RecordingCall(CallObserver):
    def __init__(self, observer):
        self.name, self.log = observer.name, observer.log

    def sending(self, request):
        self.log.append((self.name, "sending"))
        return Request(request.method, request.url + self.name)

    def attempted(self, sending, request, outcome, state, now):
        self.log.append((self.name, "attempted", request.url.rpartition("/")[2], outcome.status))

    def waiting(self, waiting):
        self.log.append((self.name, "waiting", waiting.seconds))

    def ended(self, outcome, now):
        self.log.append((self.name, "ended", type(outcome).__name__))


def observed(*outcomes, observers, **said):
    driver = WatchedDriver(session(**said), scripted(*outcomes), observer=observers)
    driver.call(operation())
    return driver


def test_observers_learn_of_events_in_their_order_and_of_the_end_in_reverse():
    log = []
    both = combine_observers([Recording("a", log), Recording("b", log)])
    driver = observed(reply(429, "7"), reply(404), observers=both, retry=RETRY)
    assert log == [
        ("a", "begin", "get_things", "api"),
        ("b", "begin", "get_things", "api"),
        ("a", "sending"),
        ("b", "sending"),
        ("a", "attempted", "thingsab", 429),
        ("b", "attempted", "thingsab", 429),
        ("a", "waiting", 7),
        ("b", "waiting", 7),
        ("a", "sending"),
        ("b", "sending"),
        ("a", "attempted", "thingsab", 404),
        ("b", "attempted", "thingsab", 404),
        ("b", "ended", "Raised"),
        ("a", "ended", "Raised"),
    ]
    assert [request.url.rpartition("/")[2] for request in driver.sent] == ["thingsab"] * 2


def test_an_observer_that_declines_a_call_learns_nothing_more_of_it():
    log = []
    some = combine_observers([Recording("a", log, declines=True), Recording("b", log)])
    observed(reply(200), observers=some)
    assert [name for name, *_ in log[2:]] == ["b", "b", "b"]
    assert combine_observers([Recording("a", [], declines=True)]).begin("x", "api", NOW) is None


@given(st.lists(st.sampled_from(["opened", "closed", "delivered"]), max_size=8))
def test_every_observer_learns_of_every_event_of_a_channel(events):
    log = []
    both = combine_observers([Recording("a", log), Recording("b", log)])
    for event in events:
        match event:
            case "opened":
                both.channel_opened()
            case "closed":
                both.channel_closed()
            case "delivered":
                both.delivered("v2.users.1.presence", 0.5)
    for name in "ab":
        assert [entry[1] for entry in log if entry[0] == name] == [
            "v2.users.1.presence" if event == "delivered" else event for event in events
        ]


def test_the_exchange_of_a_token_is_a_call_within_the_call():
    log = []
    observed(
        token_reply("t"),
        reply(200),
        observers=combine_observers([Recording("a", log)]),
        vault=Vault(GRANT),
    )
    assert [(what, *rest) for _, what, *rest in log if what in {"begin", "ended"}] == [
        ("begin", "get_things", "api"),
        ("begin", "oauth_token", "token"),
        ("ended", "Returned"),
        ("ended", "Returned"),
    ]


def test_the_base_classes_change_nothing():
    class Careless(Observer):
        def begin(self, operation_name, purpose, now):
            return CallObserver()

    outcomes = [reply(429, "7"), reply(200, body=b"{}")]
    said = {"retry": RETRY, "pacing": Pacing(limit=1, window=10)}
    for observer in (Observer(), Careless(), combine_observers([Careless(), Careless()])):
        watched = observed(*outcomes, observers=observer, **said)
        unwatched = observed(*outcomes, observers=None, **said)
        assert (watched.sent, watched.sleeps) == (unwatched.sent, unwatched.sleeps)
        observer.channel_opened()
        observer.channel_closed()
        observer.delivered("v2.users.1.presence", 0.0)
