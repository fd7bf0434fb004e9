"""Whether predicted risks are right in size: curves, errors, tests."""
