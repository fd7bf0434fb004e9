"""Limits of estimates and differences, and which of them is taken."""
