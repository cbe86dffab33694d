"""Statements of account: made in bulk, and mailed in bulk."""
