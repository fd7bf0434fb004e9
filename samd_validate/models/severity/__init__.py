"""The parts of severity scores: tables of points, the first day of a stay, points to risk."""
