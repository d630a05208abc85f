"""What provision makes: streams and durables on the bus, roles and schemas in the database."""
