"""``genesys-cloud config``, as users run it."""

import pytest
import typer
from typer.testing import CliRunner

from genesys_cloud.cli.config import app

VARIABLES = ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "ACCESS_TOKEN")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def run(*arguments):
    root = typer.Typer()
    root.add_typer(app, name="config")
    return CliRunner().invoke(root, ["config", *map(str, arguments)])


def default_file(home, text):
    path = home / ".genesyscloudpython" / "config"
    path.parent.mkdir()
    path.write_text(text)
    return path


def rows(output):
    return {line.split()[0]: line.split()[1:] for line in output.splitlines()}


def test_check_finds_a_good_file_good(home):
    path = home / "mine"
    path.write_text("[logging]\nlog_level = debug\nlog_levl = debug\n")
    done = run("check", path)
    assert (done.exit_code, done.stdout) == (0, f"{path}: no problems\n")
    assert done.stderr == (
        f"warning: {path}:3: [logging] log_levl: unknown key, ignored; did you mean log_level?\n"
    )


def test_check_takes_the_default_file_when_none_is_named(home):
    path = default_file(home, "[retry]\nretry_max = 2\n")
    assert run("check").stdout == f"{path}: no problems\n"


def test_check_shows_every_problem(home):
    path = home / "mine"
    path.write_text("[logging]\nlog_level = loud\n[gateway]\nport = 70000\npassword = hunter2\n")
    done = run("check", path)
    assert (done.exit_code, done.stdout) == (1, "")
    shown = done.stderr.splitlines()
    assert len(shown) == 3
    assert all(line.startswith(f"genesys-cloud config check: {path}:") for line in shown)
    for words in ("log_level = 'loud'", "must have a host", "port = '70000'"):
        assert sum(words in line for line in shown) == 1
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"[general]\nhost = \xff\n", "is not UTF-8 (byte 18 is 0xff)"),
        (b"#" * (1 << 20) + b"#", "is larger than 1048576 bytes"),
    ],
)
def test_check_says_why_a_file_cannot_be_read(home, content, words):
    path = home / "mine"
    if content is not None:
        path.write_bytes(content)
    done = run("check", path)
    assert done.exit_code == 1
    assert f"{path}: {words}" in done.stderr


def test_check_of_a_directory_and_of_no_home(home, monkeypatch):
    assert f"{home}: cannot be read: not a regular file" in run("check", home).stderr
    monkeypatch.delenv("HOME")
    done = run("check")
    assert done.exit_code == 1
    assert "has no home directory" in done.stderr


def test_show_says_where_each_value_comes_from(home, monkeypatch):
    path = default_file(
        home,
        "[logging]\nlog_level = trace\n[gateway]\nhost = gw.example\npassword = hunter2\n"
        "[general]\nhost = https://api.mypurecloud.de\n",
    )
    monkeypatch.setenv("GENESYSCLOUD_REGION", "eu-west-1")
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", "me")
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter3")
    done = run("show")
    assert done.exit_code == 0, done.stderr
    shown = rows(done.stdout)
    assert shown["logging.log_level"] == ["trace", f"{path}:2"]
    assert shown["logging.log_format"] == ["text", "default"]
    assert shown["gateway.password"] == ["[REDACTED]", f"{path}:5"]
    assert shown["general.region"] == ["eu_west_1", "environment", "GENESYSCLOUD_REGION"]
    assert shown["credentials.client_secret"][0] == "[REDACTED]"
    assert "general.host" not in shown  # the region names the place, and comes first
    assert not {"hunter2", "hunter3"} & set(done.output.split())


def test_show_without_a_file_shows_the_defaults(home, monkeypatch):
    assert rows(run("show").stdout)["general.host"] == ["https://api.mypurecloud.com", "default"]
    monkeypatch.delenv("HOME")
    assert run("show").exit_code == 0


def test_show_of_a_named_file_that_is_not_there(home):
    done = run("show", home / "mine")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no such file" in done.stderr


def test_show_of_a_bad_environment(monkeypatch):
    monkeypatch.setenv("GENESYSCLOUD_REGION", "atlantis")
    done = run("show")
    assert done.exit_code == 1
    assert "GENESYSCLOUD_REGION" in done.stderr
