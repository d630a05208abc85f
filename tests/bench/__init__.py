"""Measures the product on real servers that run as in production."""
