"""How a network sees what was not measured: one strategy a file."""
