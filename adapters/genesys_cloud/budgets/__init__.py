"""Rate limits that several clients or processes share."""

from genesys_cloud.budgets.file_budget import FileBudget as FileBudget

__all__ = ["FileBudget"]
