"""How the parts of the product are doing."""
