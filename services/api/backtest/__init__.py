"""Back-test: what a draft of an alert rule would have said of stored history."""
