"""docs/cli.md: its commands run in a shell, and its tables are those of the code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from genesys_cloud.simulator import running_simulator
from genesys_core.command_line.exit_codes import EXIT_CODES
from tests.helpers.command_pictures import PICTURES, draw, path_of, record, words_of
from tests.strategies.contact_center import StaffedDesk, end_call

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"
BASH = shutil.which("bash")


def blocks():
    return re.findall(r"^```bash\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_every_command_of_the_page_runs(clean_home, programs, tmp_path):
    desk = StaffedDesk(users=60, token_lifetime=1e9)
    desk.sleep(62 * 86_400)  # to January 2024
    conversation = end_call(desk)
    with running_simulator(desk.simulator) as running:
        done = subprocess.run(
            [BASH, "-euo", "pipefail", "-c", "\n".join(blocks())],
            cwd=tmp_path,
            env={
                **os.environ,
                "PATH": programs,
                "HOME": str(clean_home),
                "GENESYSCLOUD_HOST": running.url,
                "GENESYSCLOUD_OAUTHCLIENT_ID": running.client_id,
                "GENESYSCLOUD_OAUTHCLIENT_SECRET": running.client_secret,
            },
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for folder in ("recordings", "again"):
        assert [*(tmp_path / folder / conversation).glob("*")]


def test_the_page_has_commands():
    assert len(blocks()) >= 8


def test_the_page_lists_the_exit_codes():
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == [(str(int(code)), text) for code, text in EXIT_CODES.items()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_pictures_show_what_the_commands_print(name):
    """``python -m tests.helpers.command_pictures`` draws them again."""
    # By their words: another version of rich may place them otherwise.
    assert words_of(draw(name, record(name))) == words_of(path_of(name).read_text("utf-8"))


def test_the_page_shows_every_picture():
    page = PAGE.read_text("utf-8")
    assert all(f"](assets/{path_of(name).name})" in page for name in PICTURES)
    found = {path.name for path in path_of("x").parent.glob("command-*.svg")}
    assert found == {path_of(name).name for name in PICTURES}
