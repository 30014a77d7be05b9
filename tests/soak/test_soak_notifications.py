"""Twenty seconds of the soak, all flavours at the same time; ten minutes of it are run by hand."""

import pytest

from tests.helpers.flavours import RUNNERS
from tests.soak.soak_notifications import Result, together

pytestmark = pytest.mark.slow

SECONDS = 20


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {each.flavour: each for each in together(list(RUNNERS), SECONDS, seed=1)}


@pytest.mark.parametrize("flavour", RUNNERS)
def test_all_events_are_accounted_for_and_nothing_grows(results, flavour):
    result = results[flavour]
    assert result.wrong == []
    # The account is of something: most faults struck, and most events came in spite of them.
    assert sum(result.faults.values()) >= SECONDS
    assert result.states["Disconnected"] > 5
    assert result.totals["gaps"] > 5
    assert result.totals["delivered"] > result.totals["missing, within a gap"] > 0
    assert result.totals["duplicates delivered"] > 0
