"""The parts of the MEDS reader: which code is which variable, and which codes make the stays."""
