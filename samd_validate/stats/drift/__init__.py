"""How two groups of patients differ: one variable at a time, and jointly."""
