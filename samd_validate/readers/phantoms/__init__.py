"""Phantoms: chest radiographs and stained tissue drawn by rules, with the truth beside them."""
