"""Model families, one file each: every family fits, predicts and describes itself."""
