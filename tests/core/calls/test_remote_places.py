"""Places of a server as states of a call."""

from genesys_core import Now
from genesys_core.api.users import get_users_me
from genesys_core.calls.lifecycle import NeedPermit, Raised, Sending, Waiting, start
from genesys_core.calls.remote_places import answer_place, place_not_released
from genesys_core.errors import BudgetError, RateLimitError
from genesys_core.hosts import Hosts
from genesys_core.oauth.tokens import Token
from genesys_core.session.budget import TICKET, RatePlace
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.retry import GRAIN
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

LANES = Pacer.of(Pacing(limit=2)).windows
NOW = Now(100.0, 1e9)
HOSTS = Hosts.resolve(host="https://api.example")


def need(**options) -> NeedPermit:
    session = Session(Settings(hosts=HOSTS), Vault(token=Token("t")), pacer=Pacer(LANES))
    state = start(get_users_me().with_options(**options), session, now=NOW)
    assert isinstance(state, NeedPermit)
    return state


def test_a_place_now_is_a_permit():
    for wait in (0.0, GRAIN):
        assert isinstance(answer_place(need(), RatePlace(wait, 1), LANES, now=NOW), Sending)
    longer = answer_place(need(), RatePlace(2 * GRAIN, 1), LANES, now=NOW)
    assert isinstance(longer, Waiting)


def test_a_later_place_is_waited_for_with_its_ticket():
    state = answer_place(need(), RatePlace(5.0, 7, 1), LANES, now=NOW)
    assert isinstance(state, Waiting)
    assert (state.seconds, state.reservation.at) == (5.0, 105.0)
    assert state.reservation.tickets == ((TICKET, 7),)
    assert state.why == "pacing: 2 requests in 60 s"


def test_a_place_that_is_too_late_ends_the_call():
    state = answer_place(need(deadline=3), RatePlace(5.0, 7, 1), LANES, now=NOW)
    assert isinstance(state, Raised)


def test_a_closed_gate_is_a_429_to_a_call_without_retries():
    state = answer_place(need(), RatePlace(5.0, 7, -1), LANES, now=NOW)
    assert isinstance(state, Raised)
    assert isinstance(state.error, RateLimitError)
    assert (state.error.status, state.error.retry_after) == (429, 5.0)


def test_a_place_that_is_not_released_is_mentioned_by_the_calls_own_error():
    state = answer_place(need(deadline=3), RatePlace(5.0, 7, 1), LANES, now=NOW)
    assert isinstance(state, Raised)
    assert place_not_released(state, BudgetError("no reply")) is state
    note = "the call's place in the shared rate limit was not released: no reply"
    assert state.error.__notes__ == [note]
