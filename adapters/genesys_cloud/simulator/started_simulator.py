"""A simulator that runs until the program ends, for scripts and interactive sessions.

Invariants: the port is listening when the function returns; a running simulator does not keep the
program alive: it stops when the main thread has finished.
"""

import threading
from queue import SimpleQueue

from genesys_cloud.simulator.server import RunningSimulator, running_simulator
from genesys_core.simulator import Settings, Simulator

__all__ = ["start_simulator"]


def start_simulator(
    simulator: Simulator | None = None, *, port: int = 0, settings: Settings | None = None
) -> RunningSimulator:
    """Start a simulator on the loopback address; it stops when the program ends.

    In tests, prefer :func:`running_simulator`, which stops at the end of a block.

    Args:
        simulator: the platform; by default one with the bundled definition and sample data.
        port: the port to listen on; 0 picks a free port.
        settings: the platform's settings, if no ``simulator`` is given.

    Raises:
        OSError: the port cannot be opened.
        ValueError: the simulator has no OAuth client, or both ``simulator`` and ``settings`` are
            given.
    """
    started: SimpleQueue[RunningSimulator | Exception] = SimpleQueue()

    def serve() -> None:
        try:
            with running_simulator(simulator, port=port, settings=settings) as running:
                started.put(running)
                threading.main_thread().join()
        except Exception as error:  # noqa: BLE001 - raised in the caller's thread
            started.put(error)

    # Not a daemon: Python waits for it, so that the server closes its sockets before the exit.
    threading.Thread(target=serve, name="genesys-cloud simulator").start()
    outcome = started.get()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
