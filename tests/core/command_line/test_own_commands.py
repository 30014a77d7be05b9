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
