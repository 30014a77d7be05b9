"""What the command loads, by what it is asked: its start depends on that."""

import json
import os
import subprocess
import sys

import pytest

CODE = """
import sys, json
before = set(sys.modules)
sys.argv = ["genesys-cloud", *json.loads(sys.argv[1])]
from genesys_cloud.cli import main
try:
    main()
except SystemExit:
    pass
sys.stdout = sys.__stdout__
loaded = set(sys.modules) - before
tops = sorted({name.partition(".")[0] for name in loaded} & set(FOREIGN))
apis = [name for name in loaded if name.startswith("genesys_core.api.")]
print(json.dumps([len(loaded), tops, apis]), file=sys.stderr)
"""
FOREIGN = [
    "msgspec",
    "typer",
    "rich",
    "ssl",
    "asyncio",
    "httpx",
    "yaml",
    "jmespath",
    "h11",
    "socket",
]


def loaded(*arguments, complete=None):
    environment = dict(os.environ)
    if complete:
        environment["_GENESYS_CLOUD_COMPLETE"] = complete
    done = subprocess.run(
        [sys.executable, "-c", CODE.replace("FOREIGN", repr(FOREIGN)), json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=60,
    )
    count, tops, apis = json.loads(done.stderr.splitlines()[-1])
    return done.stdout, count, tops, apis


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], "simulate"),
        (["users", "--help"], "get_users_me"),
        (["users", "get_users", "--help"], "--page-size N"),
    ],
)
def test_help_loads_no_client_and_no_typer(arguments, words):
    shown, count, tops, apis = loaded(*arguments)
    assert words in shown
    assert (tops, apis) == ([], [])
    assert count <= 90, count  # most of them of the standard library


@pytest.mark.parametrize(
    ("words", "completed"),
    [(["whoa"], "whoami\n"), (["users", "get_users_me_"], "get_users_me_verifiers\n")],
)
def test_completion_of_a_command_or_method_loads_no_client_and_no_typer(words, completed):
    shown, count, tops, apis = loaded(*words, complete="bash")
    assert shown == completed
    assert (tops, apis) == ([], [])
    assert count <= 90, count


@pytest.mark.slow
def test_a_call_loads_one_api_and_no_model():
    shown, _, tops, apis = loaded("users", "get_users", "--dry-run", "--host", "http://x.example")
    assert shown.startswith("GET http://x.example/api/v2/users\n")
    assert not {"typer", "rich", "yaml", "jmespath", "httpx"} & set(tops)
    assert sorted(apis) == ["genesys_core.api._listings", "genesys_core.api.users"]
