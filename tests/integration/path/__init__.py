"""The whole path: from a reading on this machine to the row that a query finds."""
