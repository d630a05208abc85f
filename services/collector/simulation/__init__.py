"""Invents hosts with lifelike values, for demos and load tests; a real collector never loads it."""
