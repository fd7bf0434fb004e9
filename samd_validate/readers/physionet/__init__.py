"""The parts of the PhysioNet 2012 reader: its text records and its variables."""
