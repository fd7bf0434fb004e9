"""Resamples of patients, sums over rows, and values without each patient."""
