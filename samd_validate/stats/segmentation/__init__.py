"""Overlap of masks, distances of surfaces, lesions, and estimates over cases."""
