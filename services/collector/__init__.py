"""The collector: reads the vital signs of one machine and publishes them to the bus."""
