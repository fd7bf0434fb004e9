"""The parts of the MIMIC-IV reader: which stays, and which groups."""
