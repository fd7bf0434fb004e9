"""The parts of the checks of drift."""
