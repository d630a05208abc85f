"""The live stream: from the bus into memory, and from there to WebSocket clients."""
