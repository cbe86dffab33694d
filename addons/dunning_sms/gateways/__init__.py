"""Ways to hand a text message over: a configurable HTTP gateway, and a sandbox that only records."""
