"""Coroutines that never suspend, run as function calls."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from genesys_cloud.transports.awaited import enter_now, iterate_now, run_now


async def double(number: int) -> int:
    return 2 * number


async def count(stop: int):
    for number in range(stop):
        yield number


def test_what_never_suspends_runs_at_once():
    assert run_now(double(2)) == 4
    assert list(iterate_now(count(3))) == [0, 1, 2]


def test_what_suspends_is_refused_and_closed():
    ended = []

    async def suspends() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            ended.append(True)

    with pytest.raises(RuntimeError, match="a synchronous client cannot await"):
        run_now(suspends())
    assert ended


def test_an_error_is_raised_as_it_is():
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_now(fails())


def test_a_context_is_left_whatever_happens_in_it():
    seen = []

    @asynccontextmanager
    async def context(*, suppresses: bool):
        seen.append("in")
        try:
            yield 1
        except KeyError:
            if not suppresses:
                raise
        finally:
            seen.append("out")

    with enter_now(context(suppresses=False)) as entered:
        assert entered == 1
    with pytest.raises(KeyError), enter_now(context(suppresses=False)):
        raise KeyError
    with enter_now(context(suppresses=True)):
        raise KeyError
    assert seen == ["in", "out"] * 3
