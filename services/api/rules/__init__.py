"""Alert rules: what alerting looks at, and what is too much there."""
