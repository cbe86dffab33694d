"""What all measurements share: databases, processes of their own, and a meter."""
