"""What the gateway is measured beside."""
