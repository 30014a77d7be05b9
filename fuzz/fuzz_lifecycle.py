"""Whatever comes back in whatever order, a call ends, and ends as it should.

Invariants: at most ``retry_max`` repeats, waits between 0 and the cap, at most one token in place of
a refused one, which is not sent again, no POST or PATCH repeated after a doubtful failure, the
deadline and the budget kept, the history on the error. No exception at all escapes.
"""

from collections.abc import Callable
from typing import Final

from genesys_core.calls.lifecycle import Raised
from genesys_core.session.retry import MAX_RETRY_AFTER, RetryConfiguration
from tests.core.calls.test_lifecycle import test_any_call_ends_within_its_bounds as any_call
from tests.strategies.calls import (
    CUT_OFF,
    SILENCE,
    UNSENT,
    Driver,
    Outcome,
    operation,
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


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "call_script": call_script,
    "lifecycle": any_call.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
