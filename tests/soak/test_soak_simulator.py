"""A short version of the soak: what the simulator holds does not grow with the requests it has answered."""

import gc
import sys

import pytest

from genesys_cloud.simulator import running_simulator
from genesys_core.clock import Now
from genesys_core.simulator import Served
from genesys_core.simulator.login.token_endpoint import MAX_TOKENS
from genesys_core.simulator.wire.faults import Met
from tests.soak.soak_simulator import callers_of


def fill(running, now):
    """Fill all that is bounded."""
    simulator, faults = running.simulator, running.faults
    for _ in range(MAX_TOKENS):
        simulator.issue_token(running.client_id, now=now)
    served, met = simulator.state.log, faults.log
    served.extend(
        Served("GET", f"/{n}", None, 404, Now(float(n), float(n))) for n in range(served.maxlen)
    )
    met.extend(Met("GET", f"/{n}", None, None, 404) for n in range(met.maxlen))


@pytest.mark.slow
def test_memory_is_flat():
    """Counted in objects, after all that is bounded is full."""
    with running_simulator() as running:
        state = running.simulator.state
        running.at_hub(lambda _, now: fill(running, now))
        callers = callers_of(running, 3)

        def rounds(count):
            for _ in range(count):
                for caller in callers:
                    caller.round()
            gc.collect()
            return sys.getallocatedblocks()

        before = rounds(10)
        after = rounds(60)
        assert after - before < 2_000  # 3,780 requests were made in between
        assert len(state.tokens) == MAX_TOKENS
        for caller in callers:
            caller.close()
