"""The whole suite as its users meet it: processes, the public port, real deliveries."""
