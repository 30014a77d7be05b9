"""The cases that are not run here, and why."""

from __future__ import annotations

REASONS: dict[int, str] = {
    161: "Unix sockets are not offered: the platform has none",
    169: "a server name other than the URL's host is not offered",
}
