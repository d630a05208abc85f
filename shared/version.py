"""The version of the product, as pyproject.toml states it."""

PRODUCT_VERSION = "0.1.0"
