"""What the exchange with other systems decides, as plain Python."""
