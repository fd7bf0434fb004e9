"""Checks, one file each: scored populations in, findings out."""
