"""What the services must agree on: families, wire, subjects, SQL, settings; pure but for `runtime`."""
