"""What the tests of observers share: a program's own logging."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class Kept(logging.Handler):
    """Keeps the records that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@contextmanager
def program_logging(level: int = logging.NOTSET, *, handled: bool = True) -> Iterator[Kept]:
    """The logger ``genesys_cloud`` as a program sets it up, cut off from what pytest sets up."""
    logger, kept = logging.getLogger("genesys_cloud"), Kept()
    before = logger.level, logger.propagate
    logger.setLevel(level)
    logger.propagate = False
    if handled:
        logger.addHandler(kept)
    try:
        yield kept
    finally:
        logger.removeHandler(kept)
        logger.setLevel(before[0])
        logger.propagate = before[1]
