"""Whatever comes back in whatever order, a call ends, and ends as it should.

Invariants: at most ``retry_max`` repeats, waits between 0 and the cap, at most one token in place of
a refused one, which is not sent again, no POST or PATCH repeated after a doubtful failure, the
deadline, the budget and the rate limit kept, no place in the queue left behind, the history on the
error. No exception at all escapes.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.calls.lifecycle import Raised
from genesys_core.http.messages import Response, TransportFailure
from genesys_core.oauth import ClientCredentials, RefreshToken, Token
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import MAX_RETRY_AFTER, RetryConfiguration
from genesys_core.session.session import Session
from genesys_core.session.vault import Vault
from tests.strategies.calls import (
    CUT_OFF,
    SILENCE,
    UNSENT,
    Driver,
    Outcome,
    at,
    operation,
    outcomes,
    policies,
    reply,
    scripted,
    session,
    token_reply,
    with_token,
)

__all__ = ["TARGETS"]

ALPHABET: Final[dict[int, Outcome]] = {
    ord("."): reply(200),
    ord("a"): reply(401),
    ord("d"): reply(404),
    ord("r"): reply(429),
    ord("w"): reply(429, "2"),
    ord("h"): reply(429, "3600"),
    ord("g"): reply(502),
    ord("u"): reply(503),
    ord("v"): reply(503, "2"),
    ord("x"): CUT_OFF,
    ord("s"): SILENCE,
    ord("n"): UNSENT,
    ord("0"): token_reply("token-0"),
    ord("1"): token_reply("token-1"),
}
"""What each letter of a script stands for; any other byte is an unknown status."""

POLICY: Final = RetryConfiguration(max_retry_time_sec=120, retry_max=7)


def call_script(data: bytes) -> None:
    """The input is what the servers answer, one letter an answer."""
    script = [ALPHABET.get(byte) or reply(300 + byte) for byte in data] or [reply(200)]
    for method in ("GET", "DELETE", "POST"):
        driver = Driver(session(retry=POLICY, vault=with_token()), scripted(*script))
        ended = driver.call(operation(method))
        calls = [sent for sent in driver.sent if not sent.url.endswith("/oauth/token")]
        assert len(calls) <= 1 + POLICY.retry_max + 1
        assert driver.exchanges <= 1
        assert all(0 <= seconds <= MAX_RETRY_AFTER for seconds in driver.sleeps)
        if isinstance(ended, Raised):
            assert ended.error.attempts


_grants = st.sampled_from(
    [None, ClientCredentials("id", "secret"), RefreshToken("id", "secret", "r")]
)


_vaults = st.builds(
    lambda grant, token: Vault(grant, Token(token) if token else None),
    _grants,
    st.sampled_from([None, "token-0"]),
)


_token_outcomes = st.one_of(
    outcomes, st.sampled_from(["token-0", "token-1", "token-2"]).map(token_reply)
)


_pacings = st.builds(Pacing, st.integers(1, 3), st.sampled_from([1.0, 5.0, 20.0]))


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"]),
    script=st.lists(st.tuples(_token_outcomes, st.floats(0, 30)), min_size=1, max_size=40),
    policy=policies,
    vault=_vaults,
    deadline=st.none() | st.floats(0.5, 300),
    draws=st.floats(0, 1, exclude_max=True),
    pacing=st.none() | _pacings,
    others=st.integers(0, 5),
)
def check_any_call(*, method, script, policy, vault, deadline, draws, pacing, others):
    left, history = list(script), []

    def transport(request, clock):
        outcome, seconds = left.pop(0) if left else (reply(200, body=b"{}"), 0.0)
        # A transport keeps to the timeouts that it is given.
        if request.timeout.read is not None and seconds > request.timeout.read:
            outcome, seconds = SILENCE, request.timeout.read
        history.append((request, outcome, clock))
        return outcome, seconds

    facts = {"retry": policy, "vault": vault, "random": lambda: draws, "deadline": deadline}
    driver = Driver(_behind(session(**facts, pacing=pacing), others), transport)
    ended = driver.call(operation(method))

    sent = [entry for entry in history if not entry[0].url.endswith("/oauth/token")]
    if pacing is not None:
        _assert_paced([clock for _, _, clock in sent], pacing, driver.session, others)
    refused = set()
    for index, (request, outcome, _) in enumerate(sent):
        carried = request.headers.get("authorization")
        assert carried not in refused
        if isinstance(outcome, Response) and outcome.status == 401:
            refused.add(carried)
        if method in {"POST", "PATCH"} and _may_have_happened(outcome):
            assert index == len(sent) - 1
    assert len(refused) <= 2
    repeats = len(sent) - 1 - (1 if refused and len(sent) > 1 else 0)
    assert repeats <= policy.retry_max
    assert all(0 <= seconds <= MAX_RETRY_AFTER for seconds in driver.sleeps)
    if isinstance(ended, Raised) and sent:
        assert ended.error.attempts
    if deadline is not None:
        assert all(clock < deadline for _, _, clock in sent)
    if vault.grant is None:  # exchanges have a time of their own
        _assert_in_time(driver, sent, policy, deadline, cut=method not in {"POST", "PATCH"})


def _behind(shared: Session, others: int) -> Session:
    """A session in which as many calls ask for permits first, and are never heard of again."""
    pacer = shared.pacer
    if pacer is None:
        return shared
    for _ in range(others):
        pacer, _ = pacer.reserve("/", now=at(0))
    return msgspec.structs.replace(shared, pacer=pacer)


def _assert_paced(clocks: list[float], pacing: Pacing, shared: Session, others: int) -> None:
    """No window has more requests than the limit allows, and no place is left behind."""
    for index, clock in enumerate(clocks[pacing.limit :]):
        assert clock - clocks[index] >= pacing.window
    assert shared.pacer is not None
    (window,) = shared.pacer.windows
    assert len(window.queue) - len(window.vacant) <= max(others - pacing.limit, 0)


def _may_have_happened(outcome):
    if isinstance(outcome, TransportFailure):
        return outcome.sent
    says_when = outcome.headers.get("retry-after") not in {None, "0", "-1", "nan", "inf", "soon"}
    return outcome.status in {502, 504} or (outcome.status == 503 and not says_when)


def _assert_in_time(driver, sent, policy, deadline, *, cut):
    """The call is over with its deadline, and its repeats with the budget."""
    budget = policy.max_retry_time_sec
    assert deadline is None or driver.clock <= deadline + 1e-5
    assert all(clock <= budget + 1e-5 for _, _, clock in sent[1:])
    if cut and len(sent) > 1:
        assert driver.clock <= budget + 1 + 1e-5


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "call_script": call_script,
    "lifecycle": check_any_call.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
