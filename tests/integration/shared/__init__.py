"""What the foundations promise about PostgreSQL, asked of a real one."""
