"""Billing of contracts, measured in several ways: ours, core's and a peer's."""
