"""How many examples a property gets that needs more or fewer than Hypothesis' 100."""

from hypothesis import settings


def examples(number: int) -> int:
    """Scale a number of examples as the profile scales 100: the quick suite takes a tenth.

    It is called while test modules are imported, when the profile is chosen (``tests/conftest.py``).
    """
    return max(1, number * settings.default.max_examples // 100)
