"""The bus, with a real nats-server: what each user may do, and the contract that docs/bus.md states."""
