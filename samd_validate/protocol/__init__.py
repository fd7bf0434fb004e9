"""From YAML to a protocol: shape, line numbers, digest."""
