"""The page of the commands."""

from __future__ import annotations

import re

from genesys_core.command_line.arguments import COMMON_OPTIONS
from genesys_core.command_line.exit_codes import EXIT_CODES
from genesys_core.command_line.job_calls import JOB_ACTIONS, JOB_OPTIONS
from genesys_core.definition.reference.command_pages import (
    CommandArgument,
    CommandDescription,
    command_anchor,
    commands_text,
)

ROOT = CommandDescription("", "The program.", options=(("--version", "Show the version."),))
PAINT = CommandDescription(
    "house paint",
    "Paint a *wall*.\n\nTwice.",
    (CommandArgument("wall", "Which one.", True), CommandArgument("[COLOUR]...", "How.", False)),
    (
        ("--coats <int range>", "How many. [default: 2]"),
        ("--from <str>", "Where."),
        ("--tin <file>", "The tin."),
        ("--kind <matt|gloss>", "How it shines."),
    ),
)


def section(text: str, anchor: str) -> list[str]:
    return text.partition(f" {{ #{anchor} }}\n\n")[2].partition("\n## ")[0].splitlines()


def test_a_section_has_usage_help_arguments_and_options() -> None:
    text = commands_text([ROOT, PAINT])
    assert "| [`house paint`](#house-paint) | Paint a \\*wall\\*. |" in text
    assert section(text, "house-paint") == [
        "```text",
        "genesys-cloud house paint [OPTIONS] WALL [COLOUR...]",
        "```",
        "",
        "Paint a \\*wall\\*.",
        "",
        "Twice.",
        "",
        "| argument |  |",
        "|---|---|",
        "| `WALL` | Which one. |",
        "| `COLOUR...` | How. |",
        "",
        "| option |  |",
        "|---|---|",
        "| `--coats N` | How many. \\[default: 2\\] |",
        "| `--from TEXT` | Where. |",
        "| `--tin FILE` | The tin. |",
        "| `--kind <matt\\|gloss>` | How it shines. |",
    ]


def test_the_program_is_followed_by_what_every_operation_has() -> None:
    text = commands_text([ROOT])
    assert text.index("{ #genesys-cloud }") < text.index("{ #api-method }")
    assert "| `--version` | Show the version. |" in section(text, "genesys-cloud")
    shown = "\n".join(section(text, "api-method"))
    for option in COMMON_OPTIONS:
        assert f"--{option.name} {option.metavar}`" in shown or f"--{option.name}`" in shown
    assert "| `-o, --output FORMAT` | Output format. `json`, `jsonl`," in shown


def test_commands_that_parse_their_own_arguments_list_how_their_options_differ() -> None:
    text = commands_text([CommandDescription(name, f"{name} it.") for name in ("call", "jobs")])
    call = "\n".join(section(text, "call"))
    assert "genesys-cloud call {GET|POST|PUT|PATCH|DELETE|HEAD} PATH" in call
    assert "except `--from-file`, `--failures`," in call
    assert "| `-p, --param NAME=VALUE` | Query parameter; repeatable. |" in call
    jobs = "\n".join(section(text, "jobs"))
    for option in JOB_OPTIONS:
        assert (f"`--{option.name}" in jobs) is (option not in COMMON_OPTIONS)
    for action, words in JOB_ACTIONS.items():
        assert words in section(text, f"jobs-{action}")


def test_every_exit_code_is_listed() -> None:
    shown = section(commands_text([ROOT]), "exit-codes")
    for code, meaning in EXIT_CODES.items():
        assert f"| {int(code)} | {meaning} |" in shown


def test_every_section_has_its_own_anchor() -> None:
    anchors = re.findall(r"\{ #(\S+) \}$", commands_text([ROOT, PAINT]), re.MULTILINE)
    assert anchors == ["genesys-cloud", "api-method", "house-paint", "exit-codes"]
    assert [command_anchor(name) for name in ("", "API METHOD", "house paint")] == anchors[:3]
