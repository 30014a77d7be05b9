"""A simulator that runs until the program ends."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from genesys_cloud.simulator import Settings, Simulator, bundled_definition, start_simulator

PROGRAM = """
from genesys_cloud import Client, ClientCredentials
from genesys_cloud.simulator import start_simulator

simulator = start_simulator()
auth = ClientCredentials(simulator.client_id, simulator.client_secret)
with Client(host=simulator.url, auth=auth) as client:
    print(client.users.get_users_me().name)
{last}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "code"),
    [
        ("", 0),
        ("raise SystemExit(3)", 3),
        ("client.notification_handler", 0),
    ],
)
def test_the_program_ends(last: str, code: int) -> None:
    program = [sys.executable, "-W", "error", "-c", PROGRAM.format(last=last)]
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("User 001\n", "", code)


def test_what_cannot_start_raises_in_the_caller() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
    ):
        start_simulator(port=taken.getsockname()[1])
    with pytest.raises(ValueError, match="settings"):
        start_simulator(Simulator(bundled_definition()), settings=Settings())
