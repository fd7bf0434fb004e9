"""The parts of the reader of plain tables: parameters, variables, stays, values."""
