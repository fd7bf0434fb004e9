"""The parts of the OMOP reader: the warehouse, its tables, the stays, and what was measured."""
