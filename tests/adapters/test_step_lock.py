"""The lock for short steps is free after whatever happens in its midst."""

from __future__ import annotations

import os
import threading

import pytest

from genesys_cloud.step_lock import StepLock
from tests.helpers.interrupts import each_interrupt


def is_free(lock: StepLock) -> bool:
    """Whether another thread gets through."""
    passed: list[str] = []
    thread = threading.Thread(target=lambda: passed.append(lock.run(str, "x")), daemon=True)
    thread.start()
    thread.join(5)
    return passed == ["x"]


def test_a_step_returns_what_it_returns_and_raises_what_it_raises():
    lock = StepLock()
    assert lock.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        lock.run(divmod, 1, 0)
    assert is_free(lock)


def test_one_step_runs_at_a_time():
    lock, count = StepLock(), 0

    def step() -> None:
        nonlocal count
        before = count
        threading.Event().wait(0.0001)
        count = before + 1

    threads = [threading.Thread(target=lock.run, args=(step,)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == 50


def test_an_exception_before_any_instruction_leaves_it_free():
    lock = StepLock()
    positions = list(
        each_interrupt(lambda: lambda: lock.run(str, "y"), "genesys_cloud/step_lock.py")
    )
    assert len(positions) > 20  # 3.13 needs fewer than 3.11
    for _ in each_interrupt(lambda: lambda: lock.run(str, "y"), "genesys_cloud/step_lock.py"):
        assert is_free(lock)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # 3.12: of a fork where threads are
def test_a_child_does_not_wait_for_a_thread_that_it_does_not_have():
    lock, held, go = StepLock(), threading.Event(), threading.Event()

    def step() -> None:
        held.set()
        go.wait(20)

    thread = threading.Thread(target=lock.run, args=(step,))
    thread.start()
    held.wait(20)
    pid = os.fork()
    if pid == 0:
        code = 9
        try:
            code = 0 if lock.run(str, "z") == "z" else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    go.set()
    thread.join()


def test_it_names_the_thread_whose_step_runs():
    lock = StepLock()
    assert lock.run(lambda: lock.owner) == threading.get_ident()
    assert lock.owner == 0
    with pytest.raises(ZeroDivisionError):
        lock.run(divmod, 1, 0)
    assert lock.owner == 0
    for _ in each_interrupt(lambda: lambda: lock.run(str, "y"), "genesys_cloud/step_lock.py"):
        assert lock.owner == 0


def test_an_interrupt_while_it_waits_does_not_hide_the_thread_whose_step_runs():
    lock = StepLock()
    waited, interrupted = threading.Event(), threading.Event()
    owners: list[int] = []

    class Interrupted:
        """A lock that another thread holds, at which this thread is interrupted."""

        def acquire(self) -> None:
            raise KeyboardInterrupt

        def release(self) -> None:
            raise RuntimeError

    def step() -> None:
        waited.set()
        interrupted.wait()
        owners.append(lock.owner)

    thread = threading.Thread(target=lock.run, args=(step,))
    thread.start()
    waited.wait()
    lock._lock = Interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        lock.run(str, "x")
    interrupted.set()
    thread.join()
    assert owners == [thread.ident]
