"""Tests of the suite: rules, end-to-end journeys, test-only add-ons."""
