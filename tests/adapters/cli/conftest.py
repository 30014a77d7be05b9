"""No command of these tests sees the settings of this machine."""

import os
import shlex
import sys

import pytest


@pytest.fixture
def clean_home(monkeypatch, tmp_path):
    """An empty home directory, and an environment without settings."""
    for name in (
        "REGION",
        "HOST",
        "OAUTHCLIENT_ID",
        "OAUTHCLIENT_SECRET",
        "TOKEN_FILE",
        "ACCESS_TOKEN",
        "PROFILE",
    ):
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def programs(tmp_path):
    """A ``PATH`` on which ``genesys-cloud`` is this command."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "genesys-cloud"
    program.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -W error -m genesys_cloud.cli "$@"\n'
    )
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
