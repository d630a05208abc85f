"""Users and the audit, for admins."""
