"""Request bodies from files, standard input and an editor."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genesys_core.command_line.bodies import new_skeleton
from genesys_core.command_line.model_pages import ModelCatalog
from genesys_core.command_line.usage import UsageError

__all__ = ["edit_body", "keep_edited_body", "model_catalog", "read_body", "read_document"]


def read_body(source: str) -> object:
    """Return the request body given with ``--body``.

    The value is the body's text itself, ``@FILE``, or ``-`` for standard input.

    Raises:
        UsageError: the file cannot be read, or the text is neither JSON nor YAML.
    """
    if source == "-":
        return read_document(sys.stdin.read(), "standard input")
    if not source.startswith("@"):
        return read_document(source, "--body")
    try:
        text = Path(source[1:]).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"{source[1:]}: cannot be read: {reason}") from None
    return read_document(text, source[1:])


def read_document(text: str, source: str) -> object:
    """Parse a text as JSON or YAML.

    Raises:
        UsageError: the text is neither JSON nor YAML.
    """
    text = text.removeprefix("\ufeff")  # a byte order mark, which JSON parsers reject
    try:
        return json.loads(text)
    except RecursionError:
        raise UsageError(f"{source}: nested too deeply") from None
    except ValueError as error:
        if text.lstrip().startswith(("{", "[", '"')):
            raise UsageError(f"{source}: not valid JSON: {error}") from None
    import yaml  # noqa: PLC0415 - for YAML alone

    from genesys_cloud.cli.yaml_loader import Loader  # noqa: PLC0415

    try:
        return yaml.load(text, Loader)  # noqa: S506 - a subclass of SafeLoader
    except RecursionError:
        raise UsageError(f"{source}: nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:  # a ValueError for 5,000 digits, or !!int x
        reason = " ".join(str(error).split())
    except (AttributeError, LookupError):  # in PyYAML, for !!timestamp x, !!bool x, !!float ''
        reason = "a value does not match its YAML tag"
    raise UsageError(f"{source}: neither JSON nor YAML: {reason}")


def model_catalog() -> ModelCatalog:
    """Return the catalog of the models in the bundled definition."""
    return ModelCatalog(bundled_document()["definitions"])


def bundled_document() -> dict[str, Any]:
    """Return the bundled definition, a Swagger 2.0 document."""
    import msgspec  # noqa: PLC0415

    from genesys_cloud.packed_data import read_own_data  # noqa: PLC0415

    return msgspec.json.decode(read_own_data("swagger.json.xz"), type=dict[str, Any])


def edit_body(model: str, body: object) -> object:
    """Open an editor (``VISUAL``, ``EDITOR`` or vi) in which the user writes a body; return the body.

    Args:
        model: the name of the body's model.
        body: the initial body; ``None`` for a skeleton of the model.

    Raises:
        UsageError: the editor failed, the text was not changed, or it is neither JSON nor YAML.
    """
    from genesys_core.command_line.formats import yaml_text  # noqa: PLC0415

    if body is None:
        body = new_skeleton(model, model_catalog().fields_of)
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "body.yaml")
        path.write_text(f"# {model}: save and quit to send this body\n{yaml_text(body)}\n", "utf-8")
        before = path.read_text("utf-8")
        # The variable contains a command with arguments, which the shell splits into words.
        done = subprocess.run(f'{command} "{path}"', shell=True, check=False)  # noqa: S602
        if done.returncode:
            raise UsageError(f"--edit: {command} ended with exit code {done.returncode}")
        content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise _rejected("--edit: not UTF-8 text", content) from None
    if text.replace("\r\n", "\n") == before:
        raise UsageError("--edit: the body was not changed; nothing was sent")
    try:
        return read_document(text, "--edit")
    except UsageError as error:
        raise _rejected(str(error), content) from None


@contextmanager
def keep_edited_body(body: object) -> Generator[None]:
    """Return a context manager that saves the edited body to a file if the command fails.

    The path of the file is then printed.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # not a failure: the program that reads the output, such as head, has ended
    except (Exception, KeyboardInterrupt):
        from genesys_core.command_line.formats import yaml_text  # noqa: PLC0415

        name = _save(f"{yaml_text(body)}\n".encode())
        sys.stderr.write(f"genesys-cloud: the edited body was saved; use it with --body @{name}\n")
        raise


def _rejected(reason: str, content: bytes) -> UsageError:
    name = _save(content)
    return UsageError(f"{reason}; the text was saved: correct {name} and pass --body @{name}")


def _save(content: bytes) -> str:
    """Save the user's text to a file that only the user can read; return the file's path."""
    descriptor, name = tempfile.mkstemp(prefix="genesys-cloud-body-", suffix=".yaml")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return name
