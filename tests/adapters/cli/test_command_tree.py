"""The reference of the commands is made of the commands themselves."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import typer.main

from genesys_cloud.cli.app import app
from genesys_cloud.cli.command_tree import describe_commands, write_command_reference
from genesys_core.command_line.job_calls import JOB_ACTIONS


def all_names() -> list[str]:
    names = [""]
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        names += [name, *(f"{name} {each}" for each in getattr(command, "commands", {}))]
    return names


def test_every_command_has_exactly_one_anchor(tmp_path: Path) -> None:
    (page,) = write_command_reference(tmp_path)
    anchors = re.findall(r"^## .* \{ #(\S+) \}$", (tmp_path / page).read_text(), re.MULTILINE)
    expected = [name.replace(" ", "-") or "genesys-cloud" for name in all_names()]
    expected += ["api-method", "exit-codes", *(f"jobs-{action}" for action in JOB_ACTIONS)]
    assert Counter(anchors) == Counter(expected)


@pytest.mark.slow
def test_every_option_of_a_help_page_is_described(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for each in describe_commands():
        if each.name in {"call", "jobs"}:
            continue
        with pytest.raises(SystemExit):
            app([*each.name.split(), "--help"], prog_name="genesys-cloud")
        found = re.findall(r"^  (?:-\w, )?(--[\w-]+)", capsys.readouterr().out, re.MULTILINE)
        shown = set(found)
        described = {re.findall(r"--[\w-]+", name)[0] for name, _ in each.options}
        assert shown - {"--help"} == described, each.name


def test_it_is_the_same_on_every_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = list(describe_commands())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "40")
    assert list(describe_commands()) == once
