"""The limit on the number of stored items.

Invariants: a request that would exceed the limit is rejected before anything is changed.
"""

from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.problems import bad_request

__all__ = ["check_room"]


def check_room(call: ApiCall, more: int = 1) -> None:
    """Check that the simulator can store more items.

    Raises:
        Problem: 400 if the limit has been reached.
    """
    if call.state.count_items() + more > call.settings.max_items:
        raise bad_request(
            f"The simulator stores at most {call.settings.max_items} items (Settings.max_items)."
        )
