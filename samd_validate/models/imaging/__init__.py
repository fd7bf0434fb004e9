"""What the image models share: grids, batches, augmentation, the training loop, inference."""
