from genesys_core.channel_echo import Echo
from genesys_core.channel_facts import Facts
from genesys_core.channel_legs import Creating, Known, Opening, Retiring, Waiting
from genesys_core.values import Now
from tests.strategies_channel import POLICY

NONE = frozenset[str]()
KNOWN = Known("c", "wss://a/c")


def due(**facts: object) -> float:
    return Facts(wanted=NONE, **facts).next_deadline(POLICY)


def test_the_earliest_of_all_that_is_due():
    now = Now(0.0, 0.0)
    retiring = Retiring(1, KNOWN, now, now, 4.0, 1, True)
    assert due(primary=Waiting(9.0, 0, None)) == 9.0
    assert due(primary=Waiting(9.0, 0, None), successor=Creating(1, 8.0, 0)) == 8.0
    assert due(primary=Opening(1, 9.0, 0, KNOWN), retiring=retiring) == 4.0
    assert due(primary=Waiting(9.0, 0, None), echo=Echo(1, 2)) == 9.0
    assert due(primary=Waiting(9.0, 0, None), echo=Echo(1, 2, until=3.0)) == 3.0
