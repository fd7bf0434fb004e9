"""Parts of the reader of the NIH ChestX-ray14 release: its table, its folders, its boxes."""
