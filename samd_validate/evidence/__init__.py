"""What is kept of a run: bundle, audit trail, verification."""
