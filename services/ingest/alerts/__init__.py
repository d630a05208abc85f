"""Events of alerts, from the stream ALERTS into the table app.alert_events."""
