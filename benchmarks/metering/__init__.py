"""Usage: taking records in, rating them, and taking them by a remote call."""
