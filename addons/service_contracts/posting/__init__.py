"""How a billing run writes invoices: drafts, the fast way by SQL, and what proves it equal to core's own."""
