"""Tests against a running server, with real clients and real kills."""
