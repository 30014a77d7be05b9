"""The command in a pseudo-terminal: what a terminal would have been sent."""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from genesys_cloud.cli import main

HOSTILE = (
    "\x1b]0;title\x07\x1b[2J\x9b2J\x9d0;title\x9c\u202egpj.exe\u2066\u200f\u2028\x7f"
    "\r\nforged line\rforged start\x1b[1Aforged above"
)
"""Sets a title, clears the screen, reverses what follows, and begins lines of its own."""

LIMIT = 60
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\U000e0000-\U000e007f]")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PROGRESS = re.compile(r"\r([^\r\n\x1b]*)\x1b\[K")
"""A line of progress, which replaces the one before it."""


@dataclass
class Terminal:
    """What one run of the command wrote, and the exit code that it ended with."""

    code: int | None = None
    text: str = ""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def lines(self) -> list[str]:
        return self.text.split("\r\n")

    def take(self, part: str) -> None:
        with self._changed:
            self.text += part
            self._changed.notify_all()

    def wait_for(self, words: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: words in self.text, LIMIT), self.text

    def obeyed(self) -> list[str]:
        """The characters that a terminal obeys, but for the command's lines, colours and progress."""
        shown = _PROGRESS.sub(r"\1", _COLOURS.sub("", self.text)).replace("\r\n", "")
        return [
            character
            for character in shown
            if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
            or _INVISIBLE.match(character)
        ]


def run_in_terminal(
    *arguments: object, meanwhile: Callable[[Terminal], object] | None = None
) -> Terminal:
    """Run the command in this process, its streams a pseudo-terminal's.

    Args:
        arguments: the command's arguments.
        meanwhile: runs in a thread while the command does.
    """
    import pty
    import tty

    terminal = Terminal()
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    threads = [threading.Thread(target=_read, args=(ours, terminal))]
    if meanwhile is not None:
        threads.append(threading.Thread(target=meanwhile, args=(terminal,)))
    for thread in threads:
        thread.start()
    saved = sys.stdout, sys.stderr, sys.argv
    try:
        with io.TextIOWrapper(
            io.FileIO(theirs, "w"), "utf-8", newline="\r\n", write_through=True
        ) as stream:
            assert stream.isatty()
            sys.stdout = sys.stderr = stream
            sys.argv = ["genesys-cloud", *map(str, arguments)]
            terminal.code = _code_of(main)
    finally:
        sys.stdout, sys.stderr, sys.argv = saved
        for thread in threads:
            thread.join()
        os.close(ours)
    return terminal


def _code_of(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as ended:
        if isinstance(ended.code, str):  # what the interpreter does with it
            sys.stderr.write(f"{ended.code}\n")
            return 1
        return ended.code or 0
    return 0


def _read(descriptor: int, terminal: Terminal) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while data := os.read(descriptor, 65_536):
            terminal.take(decoder.decode(data))
    except OSError:
        return  # so Linux says that the other side is closed
