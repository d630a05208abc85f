"""Migrations of the schema `app`: plain SQL through alembic, run by provision."""
