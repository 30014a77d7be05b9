"""The machine that keeps one notification channel connected."""
