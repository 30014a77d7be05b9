"""Every test of the core runs under the purity guard: no file, socket, clock, environment, chance.

The guard watches the whole session, fixtures included. A test fails if the code of the core, or
what it called, touched anything; tests themselves may.
"""

from collections.abc import Generator

import pytest

from tests.helpers.purity import GUARD


def guarded() -> Generator[None, object, object]:
    with GUARD.watching() as noted:
        result = yield
    assert not noted, f"the core is not pure: {noted}"
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    return (yield from guarded())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    return (yield from guarded())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    return (yield from guarded())
