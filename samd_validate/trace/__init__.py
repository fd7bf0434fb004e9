"""Requirements, hazards and clauses tied to verdicts, gaps first."""
