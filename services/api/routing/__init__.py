"""Routes and policy: who is told of what, and how often."""
