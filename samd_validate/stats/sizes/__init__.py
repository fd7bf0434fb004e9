"""How many patients and events a promise needs."""
