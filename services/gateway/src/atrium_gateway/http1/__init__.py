"""HTTP/1.1 on the wire, both sides: what clients send us, and what we send to services."""
