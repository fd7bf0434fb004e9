"""Search for groups in which predictions fail, before anybody named them."""
