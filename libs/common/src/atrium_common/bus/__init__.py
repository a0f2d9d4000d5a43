"""The event stream: ports and adapters of the bus."""
