"""Conformance suites: what every adapter of a port must prove. A backend's test only makes the adapter."""
