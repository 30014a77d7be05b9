"""Shell completion: candidates for the word at the cursor, and the shell scripts that request them.

Invariants: a candidate begins with the typed text, or is the id of an entity whose name begins with
this text. No candidate contains a character that a shell would interpret.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from genesys_core.command_line.arguments import (
    COMMON_OPTIONS,
    CommonOption,
    OfferedOption,
    offered_options,
)
from genesys_core.command_line.operations import OperationDescription, OperationParameter

__all__ = [
    "SHELL_SCRIPTS",
    "Candidate",
    "complete_operation",
    "entity_kind",
    "format_candidates",
    "match_candidates",
    "unquote_word",
]


@dataclass(frozen=True)
class Candidate:
    """A candidate for completing the word at the cursor.

    Attributes:
        value: the word to insert.
        help: a description of the word.
    """

    value: str
    help: str = ""


def match_candidates(candidates: Iterable[Candidate], typed: str) -> list[Candidate]:
    """Return the candidates that begin with the typed part of a word."""
    return [each for each in candidates if each.value.startswith(typed)]


def complete_operation(
    description: OperationDescription,
    words: Sequence[str],
    typed: str,
    entities: Mapping[str, Sequence[Candidate]],
    common: tuple[CommonOption, ...] = COMMON_OPTIONS,
) -> list[Candidate]:
    """Return the candidates for an argument of an operation's command.

    Args:
        description: the operation's description.
        words: the complete words after the operation's name.
        typed: the part of the word before the cursor.
        entities: candidates by kind of entity (:func:`entity_kind`): ids, described by names.
        common: the options of the command that are not parameters of the operation.
    """
    offered = offered_options(description.parameters, common)
    if words and words[-1] == "=":  # bash splits --state=act into three words
        words = words[:-1]
    typed = "" if typed == "=" else typed
    last = offered.get(words[-1]) if words else None
    if last is not None and last.takes_value:
        return _values(last.parameter, last.common, typed, entities)
    if typed.startswith("-"):
        name, equals, value = typed.partition("=")
        if equals:
            found = offered.get(name)
            if found is None:
                return []
            values = _values(found.parameter, found.common, value, entities)
            return [Candidate(f"{name}={each.value}", each.help) for each in values]
        return match_candidates(
            (Candidate(name, each.help) for name, each in offered.items() if name.startswith("--")),
            typed,
        )
    parameter = _next_path_parameter(description, words, offered)
    return [] if parameter is None else _values(parameter, None, typed, entities)


def _next_path_parameter(
    description: OperationDescription, words: Sequence[str], offered: Mapping[str, OfferedOption]
) -> OperationParameter | None:
    places = [each for each in description.parameters if each.place == "path"]
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    places = [each for each in places if each.option not in given]
    loose = 0
    takes_value = False
    for word in words:
        if takes_value:
            takes_value = False
        elif word.startswith("-"):
            found = offered.get(word)
            takes_value = found is not None and found.takes_value
        else:
            loose += 1
    return places[loose] if loose < len(places) else None


def _values(
    parameter: OperationParameter | None,
    common: CommonOption | None,
    typed: str,
    entities: Mapping[str, Sequence[Candidate]],
) -> list[Candidate]:
    if parameter is None:
        return match_candidates(
            (Candidate(value) for value in common.values) if common else (), typed
        )
    if parameter.is_list and "," in typed:
        before, comma, last = typed.rpartition(",")
        return [
            Candidate(f"{before}{comma}{value}")
            for value in parameter.values
            if value.startswith(last) and value not in before.split(",")
        ]
    known = [Candidate(value) for value in parameter.values]
    found = match_candidates([*known, *entities.get(entity_kind(parameter.name), ())], typed)
    if found:
        return found
    # A name is easier to remember than an id: offer the ids of matching names.
    low = typed.lower()
    named = entities.get(entity_kind(parameter.name), ())
    return [each for each in named if each.help.lower().startswith(low)]


def entity_kind(parameter: str) -> str:
    """Return the kind of entity that a parameter identifies, such as ``user``.

    The result is empty if completion has no names for the parameter's kind of entity.
    """
    return _ENTITIES.get(parameter, "")


_ENTITIES: Final = {"user_id": "user", "agent_id": "user", "queue_id": "queue"}


def unquote_word(word: str) -> str:
    """Return a word without the backslashes and quotes of shell syntax.

    The last quote may be unclosed, because the user is still typing the word.
    """
    found: list[str] = []
    quote = ""
    characters = iter(word)
    for each in characters:
        # POSIX.1 section 2.2.2: within single quotes, a backslash is literal.
        if each == "\\" and quote != "'":
            found.append(next(characters, ""))
        elif each == quote:
            quote = ""
        elif not quote and each in {"'", '"'}:
            quote = each
        else:
            found.append(each)
    return "".join(found)


# Characters that a shell interprets. The shell inserts a value into the command line, but only shows
# a description, which may therefore contain spaces and punctuation.
_UNSAFE_IN_VALUE: Final = re.compile(r"[^\w,.:/@%+=-]")
_UNSAFE: Final = re.compile(r"[^\w ,.:;/@%+=()\[\]-]|[\r\n\t]")


def format_candidates(shell: str, candidates: Iterable[Candidate]) -> str:
    """Return candidates in the format that the shell's completion script reads, one per line.

    A description follows a tab, except for bash, which shows no descriptions. A candidate with a
    character that a shell interprets is omitted; in descriptions, such characters are replaced with
    spaces.
    """
    lines = [
        each.value
        if shell == "bash" or not each.help
        else f"{each.value}\t{_UNSAFE.sub(' ', each.help)}"
        for each in candidates
        if not _UNSAFE_IN_VALUE.search(each.value)
    ]
    return "\n".join(lines)


# - bash splits words at "=" and ":"; `_get_comp_words_by_ref` of the package bash-completion joins
#   them again, if it is installed.
# - zsh either loads the script from `fpath` when the first word is completed, so that the script must
#   answer at once, or evaluates the script when the shell starts.
SHELL_SCRIPTS: Final[Mapping[str, str]] = {
    "bash": """\
_genesys_cloud_completion() {
    local IFS=$'\\n' words cword current
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n '=:' -w words -i cword
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
    fi
    current="${words[cword]}"
    COMPREPLY=($(_GENESYS_CLOUD_COMPLETE=bash "$1" "${words[@]:1:cword}" 2>/dev/null))
    # bash replaces only what follows the last colon or equals sign.
    if [[ "$current" == *[=:]* && "$COMP_WORDBREAKS" == *[=:]* ]]; then
        local prefix="${current%"${current##*[=:]}"}"
        COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    fi
}
complete -o default -F _genesys_cloud_completion genesys-cloud
""",
    "zsh": """\
#compdef genesys-cloud
_genesys_cloud_completion() {
    local -a lines values descriptions
    lines=("${(@f)$(_GENESYS_CLOUD_COMPLETE=zsh "${words[1]}" "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
    local line
    for line in "${lines[@]}"; do
        [[ -n "$line" ]] || continue
        values+=("${line%%$'\\t'*}")
        descriptions+=("${line/$'\\t'/  -- }")
    done
    if (( ${#values} )); then
        # The candidates are already filtered; one found by its name does not begin with what was typed.
        compadd -U -l -d descriptions -a values
    else
        _files
    fi
}
if [[ "$funcstack[1]" == "_genesys-cloud" ]]; then
    _genesys_cloud_completion "$@"
else
    compdef _genesys_cloud_completion genesys-cloud
fi
""",
    "fish": """\
function __genesys_cloud_completion
    set -l words (commandline -opc) (commandline -ct)
    set -l found (_GENESYS_CLOUD_COMPLETE=fish $words[1] $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c genesys-cloud -f -a '(__genesys_cloud_completion)'
""",
}
"""The completion scripts by shell name; the shell evaluates its script when it starts."""
