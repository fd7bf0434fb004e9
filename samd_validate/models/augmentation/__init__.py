"""What training images are changed by, so that a network learns what does not matter."""
