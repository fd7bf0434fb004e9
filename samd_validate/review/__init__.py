"""The page on which a human reviews cases and signs."""
