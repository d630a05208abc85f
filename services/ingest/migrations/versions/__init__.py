"""One file per migration, numbered, oldest first."""
