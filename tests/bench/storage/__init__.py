"""Measures storage: answers over months, bytes a number, and what upkeep costs."""
