"""No command of these tests sees the settings of this machine."""

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
