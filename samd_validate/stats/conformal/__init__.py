"""Prediction sets that hold the outcome at a stated rate."""
