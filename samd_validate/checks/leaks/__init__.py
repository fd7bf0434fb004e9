"""What tells of leaks: counts over parts, times, words, inputs and the model itself."""
