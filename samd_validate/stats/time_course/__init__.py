"""Whether the same score means the same over time."""
