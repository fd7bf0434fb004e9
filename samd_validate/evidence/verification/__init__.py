"""What is tested of evidence, item by item, from bytes that are given."""
