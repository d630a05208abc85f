"""How the database keeps rows: everything that depends on the storage mode stands in here."""
