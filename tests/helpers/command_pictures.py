"""Draws the pictures of the command on a terminal: ``python -m tests.helpers.command_pictures``.

Runs commands on a pseudo-terminal against a simulated platform, whose ids and names its seed determines, and
writes ``docs/assets/command-*.svg``. What differs from run to run, the address and durations, is replaced.
"""

from __future__ import annotations

import html
import io
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from genesys_cloud.simulator import running_simulator
from tests.helpers.pseudo_terminal import run_in_terminal

ASSETS = Path(__file__).parents[2] / "docs" / "assets"
WIDTH = 92

FILES = {
    "queues.csv": "name,acwSettings.timeoutMs:=\nSales,30000\nSupport,60000\nReturns,45000\n",
    "more.jsonl": '{"name": "Billing"}\n{"description": "no name"}\n{"name": "Night shift"}\n',
}
"""What the commands read."""

PICTURES: Mapping[str, tuple[str, ...]] = {
    "find": (
        "apis wrapup codes --path queues",
        "users get_user --help",
    ),
    "tables": (
        "users get_users --limit 4 --columns name,email,state,division.name",
        "users get_users_me",
        "users get_users --limit 3 --query '[].{name: name, state: state}' -o yaml",
    ),
    "request": ("routing post_routing_queues name=Support 'acwSettings.timeoutMs:=30000' --curl",),
    "bulk": (
        "routing post_routing_queues --from-file queues.csv --query name",
        "routing post_routing_queues --from-file more.jsonl --query name",
    ),
    "doctor": ("doctor",),
}
"""The commands of each picture."""

LONGEST = 30
"""Lines of a command's output in a picture."""


@contextmanager
def _terminal() -> Iterator[str]:
    """Signed in at a simulated platform, in a folder with the files; yields the platform's address."""
    with running_simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name != "NO_COLOR" and not name.startswith("GENESYSCLOUD_")
        }
        settings = {
            "HOME": folder,
            "COLUMNS": str(WIDTH),
            "GENESYSCLOUD_HOST": simulator.url,
            "GENESYSCLOUD_OAUTHCLIENT_ID": simulator.client_id,
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": simulator.client_secret,
        }
        before = Path.cwd()
        os.chdir(folder)
        try:
            for name, text in FILES.items():
                Path(name).write_text(text, encoding="utf-8")
            with mock.patch.dict(os.environ, {**kept, **settings}, clear=True):
                yield simulator.url
        finally:
            os.chdir(before)


def record(name: str) -> list[tuple[str, str]]:
    """Return the commands of a picture with what they print."""
    found = []
    with _terminal() as url:
        for command in PICTURES[name]:
            printed = run_in_terminal(*shlex.split(command)).text
            printed = printed.replace(url, "https://api.mypurecloud.ie")
            printed = re.sub(r"\bin [\d.]+ s\b", "in 0.4 s", printed)
            lines = [line.rstrip() for line in printed.split("\r\n")]
            shown = [*lines[:LONGEST], "..."] if len(lines) > LONGEST + 2 else lines
            found.append((f"genesys-cloud {command}", "\n".join(shown).rstrip()))
    return found


def draw(name: str, recorded: list[tuple[str, str]]) -> str:
    """Return the picture of a terminal with these commands."""
    console = Console(
        record=True, file=io.StringIO(), width=WIDTH, legacy_windows=False, force_terminal=True
    )
    for number, (command, printed) in enumerate(recorded):
        if number:
            console.print()
        console.print(Text(f"$ {command}", style="bold green"), soft_wrap=False)
        console.print(Text.from_ansi(printed))
    picture = console.export_svg(title="genesys-cloud", theme=MONOKAI, unique_id=f"command-{name}")
    # The fonts of rich's template would be requested from another host.
    picture = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    return "".join(f"{line.rstrip()}\n" for line in picture.splitlines())


def words_of(picture: str) -> list[str]:
    """Return the words that a picture shows."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    return " ".join(html.unescape(text) for text in texts).replace("\xa0", " ").split()


def path_of(name: str) -> Path:
    """Return the file of a picture."""
    return ASSETS / f"command-{name}.svg"


def main() -> None:
    """Write every picture."""
    for name in PICTURES:
        path_of(name).write_text(draw(name, record(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
