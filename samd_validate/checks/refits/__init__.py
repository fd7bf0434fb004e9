"""What checks that fit the device again share: fits cut short, and fits that fail."""
