"""The state machine of a notification channel."""
