"""Delivery: what of a host's sample sets arrived, and what did not."""
