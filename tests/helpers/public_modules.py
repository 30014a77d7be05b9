"""Where programs import from. All other modules may move from one release to the next."""

__all__ = ["ARGUMENTS", "GENERATED", "HAND_WRITTEN"]

HAND_WRITTEN = (
    "genesys_cloud",
    "genesys_cloud.aio",
    "genesys_cloud.budgets",
    "genesys_cloud.cli",
    "genesys_cloud.config",
    "genesys_cloud.definition",
    "genesys_cloud.errors",
    "genesys_cloud.export",
    "genesys_cloud.frames",
    "genesys_cloud.login",
    "genesys_cloud.notifications",
    "genesys_cloud.pkce",
    "genesys_cloud.redis",
    "genesys_cloud.simulator",
    "genesys_cloud.sync",
    "genesys_cloud.testing",
    "genesys_cloud.testing.lives",
    "genesys_cloud.testing.strategies",
    "genesys_cloud.token_stores",
    "genesys_cloud.transports",
    "genesys_cloud.trio",
    "genesys_core",
    "genesys_core.configuration",
    "genesys_core.errors",
    "genesys_core.hosts",
    "genesys_core.notifications",
    "genesys_core.oauth",
    "genesys_core.simulator",
    "genesys_core.transport",
    "genesys_core.websocket",
)
"""They follow the library's version; see tests/release/surface.py."""

ARGUMENTS = ("genesys_cloud.client.options", "genesys_core.paging.options")
"""Not imported by programs, but their keyword arguments are what clients take."""

GENERATED = (
    "genesys_cloud.api",
    "genesys_cloud.apis",
    "genesys_cloud.models",
    "genesys_core.api",
    "genesys_core.models",
)
"""They follow the platform."""
