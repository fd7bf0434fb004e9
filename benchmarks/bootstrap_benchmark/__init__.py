"""Intervals by resampling, timed side by side with what is in use today."""
