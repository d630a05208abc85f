"""Who may ask: passwords, tokens, sessions, roles."""
