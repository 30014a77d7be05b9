"""The guard around the core's tests notices each kind of impurity, and nothing else."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.helpers.purity import CORE, GUARD

IMPURE = {
    "a file": "open(os.devnull).close()",
    "a directory": "os.listdir('.')",
    "a path": "Path(os.devnull).read_bytes()",
    "a socket": "socket.socket().close(); socket.create_server(('127.0.0.1', 0)).close()",
    "a thread": "thread = threading.Thread(target=len, args=((),)); thread.start(); thread.join()",
    "sleep": "time.sleep(0)",
    "the wall clock": "time.time()",
    "the monotonic clock": "time.monotonic()",
    "the date": "time.gmtime()",
    "the environment": "os.environ.get('PATH')",
    "getenv": "os.getenv('PATH')",
    "random": "random.random()",
    "a library's randomness": "uuid.uuid4()",
    "secrets": "secrets.token_hex()",
    "a library's clock": "email.utils.formatdate()",
    "a process": "subprocess.run(['true'])",
}
PURE = {
    "a given date": "time.gmtime(0)",
    "a seeded source of the caller": "random.Random(1).random()",
    "an import on first use": "import genesys_core.models; genesys_core.models.preload('UserMe')",
}
IMPORTS = "import email.utils, os, random, secrets, socket, subprocess, threading, time, uuid\nfrom pathlib import Path\n"


def run(code: str, file: str) -> list[str]:
    """Run code as if it stood in that file."""
    names: dict[str, object] = {}
    exec(IMPORTS, names)
    compiled = compile(code, file, "exec")
    with GUARD.watching() as noted:
        exec(compiled, names)
    return noted


@pytest.mark.parametrize("code", IMPURE.values(), ids=IMPURE)
def test_what_core_code_must_not_do_is_noted(code: str) -> None:
    noted = run(code, f"{CORE}planted.py")
    assert noted
    assert noted[0].endswith("planted.py:1")


@pytest.mark.parametrize("code", IMPURE.values(), ids=IMPURE)
def test_a_test_may_do_it(code: str) -> None:
    assert run(code, __file__) == []


@pytest.mark.parametrize("code", PURE.values(), ids=PURE)
def test_what_is_pure_is_not_noted(code: str) -> None:
    assert run(code, f"{CORE}planted.py") == []


def test_nothing_is_noted_when_nobody_watches() -> None:
    with GUARD.watching() as noted:
        pass
    exec(compile("import time; time.time()", f"{CORE}planted.py", "exec"), {})
    assert noted == []


def test_what_is_wrapped_works_as_before() -> None:
    with GUARD.watching():
        assert time.time() > 0
        assert 0 <= random.random() < 1
        assert len(os.urandom(3)) == 3
        assert os.environ.get("NO_SUCH_VARIABLE") is None
        assert Path(os.devnull).read_bytes() == b""


def test_a_core_test_fails_if_the_core_is_not_pure(tmp_path: Path) -> None:
    """The hooks of tests/core/conftest.py fail the test, even if the core swallows errors."""
    from tests.core import conftest

    hook = conftest.pytest_runtest_call()
    next(hook)
    exec(compile("import time; time.time()", f"{CORE}planted.py", "exec"), {})
    with pytest.raises(AssertionError, match=r"planted\.py:1"):
        hook.send(None)
