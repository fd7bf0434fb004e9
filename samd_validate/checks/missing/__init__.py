"""What was measured of whom, and what becomes of the device with less of it."""
