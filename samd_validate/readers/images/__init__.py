"""Image files: checked all before anything else, then read one at a time."""
