"""Rate limits shared by several clients or processes."""

from genesys_cloud.budgets.file_budget import FileBudget as FileBudget

__all__ = ["FileBudget"]
