"""Rules that the evidence of a run must keep before a manufacturer's work goes on."""
