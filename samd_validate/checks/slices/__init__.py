"""Describable slices of a cohort."""
