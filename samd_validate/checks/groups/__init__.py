"""Groups of patients: their masks, how they compare, and how many more patients they need."""
