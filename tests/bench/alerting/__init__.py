"""Measures how soon people are told, and what the evaluator costs under load."""
