"""The guard around the core's tests: notes what core code does to the world outside.

Files, sockets and processes are seen through the interpreter's audit events; clocks, environment,
randomness and threads raise none, so their functions are wrapped. What counts is who asks: the
innermost frame that belongs to the core, to a test or to a test tool. Importing a module is
allowed, because model shards import on first use.
"""

from __future__ import annotations

import functools
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
CORE = str(ROOT / "sansio_core" / "genesys_core") + os.sep
TESTS = (str(ROOT / "tests") + os.sep, str(ROOT / "fuzz") + os.sep)
TOOLS = tuple(f"{os.sep}{name}{os.sep}" for name in ("_pytest", "pluggy", "hypothesis", "coverage"))
IMPORTING = "<frozen importlib"

EVENTS = (
    *("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "urllib.", "glob."),
    "builtins.input",
)
CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
CALENDARS = ("localtime", "gmtime", "ctime")  # these read the clock only without an argument
CHANCE = ("random", "randint", "randrange", "uniform", "choice", "shuffle", "getrandbits")


class Guard:
    """Notes impure acts of the core while :meth:`watching`; one guard per process is enough."""

    def __init__(self) -> None:
        self._watching = False
        self._noted: list[str] = []
        self._is_installed = False

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Collect what the core does that it must not do, as ``what, file:line``."""
        self._install()
        self._noted = noted = []
        before, self._watching = self._watching, True
        try:
            yield noted
        finally:
            self._watching = before

    def _install(self) -> None:
        if self._is_installed:
            return
        self._is_installed = True  # an audit hook cannot be removed; it is idle when nobody watches
        sys.addaudithook(self._audit)
        for name in (*CLOCKS, "sleep"):
            self._wrap(time, name)
        for name in CALENDARS:
            self._wrap(time, name, harmless=lambda seconds=None: seconds is not None)
        for name in CHANCE:
            self._wrap(random, name)
        self._wrap(threading.Thread, "start")
        self._wrap(random, "_urandom")
        self._wrap(os, "urandom")
        for name in ("__getitem__", "__iter__", "__setitem__"):
            self._wrap(type(os.environ), name)

    def _wrap(self, owner: Any, name: str, harmless: Callable[..., bool] | None = None) -> None:
        original = getattr(owner, name)
        what = f"{owner.__name__}.{name}"

        @functools.wraps(original)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if self._watching and not (harmless is not None and harmless(*args, **kwargs)):
                self._note(what, sys._getframe(1))
            return original(*args, **kwargs)

        setattr(owner, name, wrapped)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if self._watching and event.startswith(EVENTS):
            self._note(f"{event}{args[:1]}", sys._getframe(1))

    def _note(self, what: str, frame: FrameType | None) -> None:
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(CORE):
                self._noted.append(f"{what} at {file.removeprefix(CORE)}:{frame.f_lineno}")
                return
            if file.startswith((*TESTS, IMPORTING)) or any(tool in file for tool in TOOLS):
                return
            frame = frame.f_back


GUARD = Guard()
