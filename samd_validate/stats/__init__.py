"""From arrays to estimates with intervals."""
