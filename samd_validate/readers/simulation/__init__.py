"""The simulated hospitals: who lies there, and what is measured."""
