"""The only impure part of shared: environment and files, the bus, logs, metrics, signals."""
