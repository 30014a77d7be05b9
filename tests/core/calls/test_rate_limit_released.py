"""Reservations of abandoned calls, where pacing was switched off meanwhile."""

import msgspec

from genesys_core.calls.lifecycle import NeedPermit, Waiting, start
from genesys_core.calls.rate_limit import release_permit
from genesys_core.session.pacing import Pacing, Reservation
from tests.strategies.calls import at, operation, session


def test_nothing_is_released_where_pacing_was_switched_off_meanwhile() -> None:
    paced = session(pacing=Pacing())
    unpaced = msgspec.structs.replace(paced, pacer=None)
    need = start(operation(), paced, now=at(0))
    assert isinstance(need, NeedPermit)
    place = Reservation(5.0)
    waiting = Waiting(need.call, 5.0, "", 5.0, place)
    for state in (need, msgspec.structs.replace(need, reservation=place), waiting):
        assert release_permit(unpaced, state, now=at(0)) == (unpaced, None)
