"""What alerting and the back-test agree on: rules, series, states and silences; all of it pure."""
