"""The day's reminders over many receivable lines: ours beside OCA ``account_credit_control``."""
