"""Candidates for shell completion.

Invariants: typer is imported only to complete commands that typer parses. No API is imported, and
nothing is sent. Only candidates are written to standard output, because a shell would insert any other
output into the command line.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genesys_cloud.cli.operation_catalog import api_names, operations_of
from genesys_core.command_line.arguments import CONNECTION_OPTIONS, split_command
from genesys_core.command_line.completion import (
    Candidate,
    complete_operation,
    format_candidates,
    match_candidates,
    unquote_word,
)
from genesys_core.command_line.job_calls import JOB_ACTIONS, JOB_OPTIONS
from genesys_core.command_line.own_commands import OWN_COMMANDS
from genesys_core.command_line.profiles import (
    PROFILES_FOLDER,
    profile_paths,
    select_profile,
)
from genesys_core.command_line.raw_calls import METHODS, RAW_OPTIONS, describe_raw_call
from genesys_core.command_line.usage import UsageError

__all__ = ["complete_words", "print_candidates"]

# If the user is typing the value of a connection option, the last complete word is one of these
# options. Before a command, the option is also the only word that `split_command` leaves.
_INCOMPLETE = [[f"--{option.name}"] for option in CONNECTION_OPTIONS]


def print_candidates(shell: str, words: Sequence[str]) -> None:
    """Print the completion candidates for the last word, one per line.

    Args:
        shell: ``bash``, ``zsh`` or ``fish``.
        words: the words up to the cursor, without the command itself.
    """
    plain = [unquote_word(word) for word in words]
    candidates = complete_words(plain[:-1], plain[-1] if plain else "")
    text = format_candidates(shell, candidates)
    if text:
        sys.stdout.write(f"{text}\n")


def complete_words(words: Sequence[str], typed: str) -> list[Candidate]:
    """Return the completion candidates for the word at the cursor.

    Args:
        words: the complete words before that word.
        typed: the part of that word before the cursor.
    """
    options, rest = split_command(words)
    if list(words[-1:]) in _INCOMPLETE and (found := _connection_values(words[-1], typed)):
        return found
    if rest[:1] in _INCOMPLETE:
        return []
    profile = select_profile(options, os.environ)
    if not rest:
        return match_candidates(_first_words(typed), typed)
    name, *rest = rest
    api = name.replace("-", "_")
    if api in api_names():
        return _complete_api(api, rest, typed, profile)
    return _complete_own(name, rest, typed)


def _complete_api(
    api: str, words: Sequence[str], typed: str, profile: str | None
) -> list[Candidate]:
    operations = operations_of(api)
    if not words:
        found = (Candidate(each.name, each.title) for each in operations.values())
        return match_candidates(
            found, typed.replace("-", "_") if not typed.startswith("-") else typed
        )
    description = operations.get(words[0].replace("-", "_"))
    if description is None:
        return []
    return complete_operation(description, words[1:], typed, _cached_entities(profile))


def _cached_entities(profile: str | None) -> Mapping[str, Sequence[Candidate]]:
    """Return the ids and names that ``genesys-cloud completion --refresh`` saved."""
    try:
        found = json.loads(names_file(profile).read_text("utf-8"))
        return {
            kind: [Candidate(key, name) for key, name in entities.items()]
            for kind, entities in found.items()
        }
    except (OSError, ValueError, AttributeError, UsageError):
        return {}


def names_file(profile: str | None) -> Path:
    """Return the path of the file with the names of users and queues for completion.

    Args:
        profile: the profile's name; ``None`` if no profile is selected.

    Raises:
        UsageError: the profile's name is invalid.
    """
    folder = (
        "~/.genesyscloudpython" if profile is None else profile_paths(profile)[1].rpartition("/")[0]
    )
    return Path(os.path.expanduser(folder), "completion.json")  # noqa: PTH111 - Path's own may raise


def _connection_values(option: str, typed: str) -> list[Candidate]:
    match option:
        case "--profile":
            folder = os.path.expanduser(PROFILES_FOLDER)  # noqa: PTH111 - as above
            found = os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH112, PTH208
            return match_candidates(map(Candidate, sorted(found)), typed)
        case "--region":
            from genesys_core.hosts import KNOWN_REGIONS  # noqa: PLC0415 - for --region alone

            return match_candidates(map(Candidate, KNOWN_REGIONS), typed)
        case _:
            return []


def _first_words(typed: str) -> Iterator[Candidate]:
    if typed.startswith("-"):
        for option in CONNECTION_OPTIONS:
            yield Candidate(f"--{option.name}", option.help)
        yield Candidate("--help")
        yield Candidate("--version")
        return
    for name, text in OWN_COMMANDS.items():
        yield Candidate(name, text)
    for name in api_names():
        yield Candidate(name, "API")


def _own_command() -> Any:  # noqa: ANN401 - of typer's own click
    import typer.main  # noqa: PLC0415 - not for APIs

    from genesys_cloud.cli.app import app  # noqa: PLC0415

    return typer.main.get_command(app)


def _complete_jobs(words: Sequence[str], typed: str) -> list[Candidate]:
    # Names may be typed with dashes, as in the other commands.
    plain = [word.replace("-", "_") for word in words[1:3]]
    known = operations_of(plain[0]) if plain and plain[0] in api_names() else {}
    match plain:
        case [_, method]:
            if method not in known:
                return []
            return complete_operation(known[method], words[3:], typed, {}, JOB_OPTIONS)
        case [_]:
            found = [Candidate(each.name, each.title) for each in known.values()]
        case _ if words:
            found = [Candidate(name, "API") for name in api_names()]
        case _:
            found = [Candidate(name, text) for name, text in JOB_ACTIONS.items()]
    return match_candidates(found, typed.replace("-", "_"))


def _complete_own(name: str, words: Sequence[str], typed: str) -> list[Candidate]:
    if name == "call":
        if not words:
            return match_candidates(map(Candidate, METHODS), typed)
        return complete_operation(describe_raw_call(""), words[1:], typed, {}, RAW_OPTIONS)
    if name == "jobs":
        return _complete_jobs(words, typed)
    command = _own_command().commands.get(name)
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    if command is None:
        return []
    if not typed.startswith("-"):
        found = getattr(command, "commands", {}).items()
        return match_candidates(
            (Candidate(key, each.get_short_help_str()) for key, each in found), typed
        )
    options = (
        Candidate(option, getattr(each, "help", "") or "")
        for each in command.params
        for option in each.opts
        if option.startswith("--")
    )
    return match_candidates([*options, Candidate("--help")], typed)
