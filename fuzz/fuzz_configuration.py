"""Any text is a configuration or one documented error, and what is written reads back equal.

Invariants: of arguments, environment and file the first that gives a value wins.
``ConfigurationError`` is the only exception of a text, and each of its lines names the file; a
password never shows, whatever stands around it; a configuration written as INI and as JSON reads back
equal.
"""

from collections.abc import Callable, Mapping

from hypothesis import given

from genesys_core.configuration import Configuration
from genesys_core.errors import ConfigurationError
from tests.helpers import precedence
from tests.strategies.configuration import file_configurations

__all__ = ["TARGETS", "check", "read_and_write", "resolve"]

_SECRET = "hunter2hunter2"
_GATEWAY = f"\n[gateway]\nhost = gw\npassword = {_SECRET}\n"


@given(file_configurations)
def check(configuration: Configuration) -> None:
    """Write a configuration in both formats and read it back."""
    assert Configuration.from_text(configuration.to_ini()) == configuration
    assert Configuration.from_text(configuration.to_json()) == configuration


def read_and_write(data: bytes) -> None:
    """Read the bytes as text, then as the choices that make a configuration."""
    text = data.decode("utf-8", "replace")
    _read(text)
    if _SECRET not in text:
        assert _SECRET not in _read(text + _GATEWAY)
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


def _read(text: str) -> str:
    """Read a text, and return all that is said of it."""
    configuration = Configuration()
    problems: tuple[str, ...] = ("config: none",)
    try:
        configuration = Configuration.from_text(text, source="config")
    except ConfigurationError as error:
        problems = error.problems
    assert problems
    assert all(line.startswith("config:") for line in (*problems, *configuration.warnings))
    assert Configuration.from_text(configuration.to_ini()) == configuration
    assert Configuration.from_text(configuration.to_json()) == configuration
    return f"{problems} {configuration!r} {configuration.describe()}"


resolve = given(precedence.arguments, precedence.environments, file_configurations)(
    precedence.check_precedence
)
"""Arguments, environment and file come to what the plain model says."""

TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "configuration": read_and_write,
    "resolve": resolve.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
