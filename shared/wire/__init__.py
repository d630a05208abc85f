"""Messages as they travel: limits, writing with msgpack, reading with typed msgspec.

Nothing is imported here: the collector loads `encode` only, and never msgspec.
"""
