"""What the core costs a call: building it, starting it, driving it to its end; decoding excluded.

Run: ``python -m tests.benchmarks.bench_core``. Each figure is the best round's, as microseconds and as
a share of the 30 that one call may cost, and the ratio to building the same request with httpx by
hand.
"""

from __future__ import annotations

from functools import partial

import httpx
import msgspec
from msgspec import to_builtins

from genesys_core.api import users
from genesys_core.calls.lifecycle import NeedPermit, Raised, Returned, Sending, Waiting, start
from genesys_core.calls.rate_limit import reserve_permit
from genesys_core.clock import Now
from genesys_core.codec.decoding import decoder_for
from genesys_core.codec.encoding import to_json
from genesys_core.hosts import Hosts
from genesys_core.http.messages import Response
from genesys_core.models import Division, User, UserRoutingSkill
from genesys_core.oauth import Token
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault
from tests.benchmarks.measure import compare, ratio

ALLOWED = 30.0  # microseconds, for one call
EMPTY = Response(204)
BUSY = Response(502)
HOSTS = Hosts.resolve(region="eu_west_1")
VAULT = Vault(token=Token("token"))


def session(**settings) -> Session:
    return Session(Settings(hosts=HOSTS, **settings), VAULT)


PLAIN = session()
TIMED = session(deadline=30, retry=RetryConfiguration(max_retry_time_sec=60))


def nearly_spent() -> Pacer:
    """A limiter with one place left: the most that it ever looks at."""
    pacer = Pacer.of(Pacing())
    for _ in range(Pacing().limit - 1):
        pacer, _ = pacer.reserve("/", now=Now(0.0, 0.0))
    return pacer


PACED = Session(Settings(hosts=HOSTS), VAULT, pacer=nearly_spent())


def build():
    return users.get_users_me(expand=["presence", "geolocation"])


def begin():
    return start(OPERATION, PLAIN, now=Now(0.0, 0.0))


def drive(shared: Session, *outcomes: Response) -> None:
    """One call from builder to end, as a driver makes it."""
    state = start(build(), shared, now=Now(0.0, 0.0))
    left = iter(outcomes)
    while not isinstance(state, Returned | Raised):
        if isinstance(state, NeedPermit):
            shared, state = reserve_permit(shared, state, now=Now(0.0, 0.0))
        elif isinstance(state, Waiting):
            state = state.woke(shared, now=Now(state.until, state.until))
        else:
            assert isinstance(state, Sending)
            state = state.received(next(left), now=Now(0.5, 0.5))


def by_hand() -> httpx.Request:
    return httpx.Request(
        "GET",
        f"{HOSTS.api}/api/v2/users/me",
        params=[("expand", "presence"), ("expand", "geolocation")],
        headers={"Accept": "application/json", "Authorization": "Bearer token"},
    )


OPERATION = build()


def user(skills: int) -> User:
    """A user as somebody would send it: most fields absent."""
    return User(
        name="Ann",
        email="ann@example.com",
        division=Division(id="d-1", name="Home"),
        skills=[UserRoutingSkill(id=f"s-{n}", proficiency=1.5) for n in range(skills)],
    )


BODIES = {
    "encode a small body": user(0),
    "encode 11 models, 400 B": user(10),
    "encode 330 models, 12 KB": [user(10) for _ in range(30)],
    "encode dictionaries, 12 KB": to_builtins([user(10) for _ in range(30)]),
}

CASES = {
    "build the operation": build,
    "start the call": begin,
    "a whole call": lambda: drive(PLAIN, EMPTY),
    "a whole call, deadline and retry on": lambda: drive(TIMED, EMPTY),
    "a whole call, paced": lambda: drive(PACED, EMPTY),
    "a whole call, repeated once": lambda: drive(TIMED, BUSY, EMPTY),
    "httpx.Request by hand": by_hand,
}


def main() -> None:
    spent = compare(CASES, 200, 60)
    print(f"{'':40}{'µs':>8}{'of 30 µs':>10}{'to httpx':>10}")
    for name, rounds in spent.items():
        best = min(rounds) * 1e6
        peer = ratio(spent, name, "httpx.Request by hand")
        print(f"{name:40}{best:8.1f}{best / ALLOWED:10.2f}{peer:10.2f}")
    compare_encoding("models of a type that was never received")
    decoder_for(User)
    compare_encoding("models of a type that was received before")


def compare_encoding(title: str) -> None:
    encoding = {name: partial(to_json, body) for name, body in BODIES.items()}
    bare = {f"{name}, bare": partial(msgspec.json.encode, body) for name, body in BODIES.items()}
    spent = compare(encoding | bare, 200, 60)
    print(f"\n{title:40}{'µs':>8}{'to bare msgspec':>18}")
    for name in encoding:
        print(f"{name:40}{min(spent[name]) * 1e6:8.1f}{ratio(spent, name, f'{name}, bare'):18.2f}")


if __name__ == "__main__":
    main()
