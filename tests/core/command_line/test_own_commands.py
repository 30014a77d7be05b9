"""The help page of the command itself."""

import pytest

from genesys_core.command_line.own_commands import OWN_COMMANDS, root_page


@pytest.mark.parametrize("width", [30, 80, 200])
def test_the_page_names_every_command_and_fits(width):
    page = root_page(width)
    for name in (*OWN_COMMANDS, "--profile NAME", "--version"):
        assert f"  {name}" in page
    long = [line for line in page.splitlines() if len(line) > max(width, 60)]
    assert long == []


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            30,
            "Each API is also a command, which takes\na method's name: for example,\ngenesys-cloud users",
        ),
        (
            80,
            "Each API is also a command, which takes a method's name: for example,\ngenesys-cloud users",
        ),
    ],
)
def test_a_command_is_not_broken_between_lines(width, lines):
    assert f"\n\n{lines} get_users_me\n\n" in root_page(width)
