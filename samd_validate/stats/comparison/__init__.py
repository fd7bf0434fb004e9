"""Decisions against margins, several hypotheses, several sites, several groups."""
