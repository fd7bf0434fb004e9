"""Data sources, one file each: every reader gives a cohort."""
