"""Kits for tests: conformance suites for ports, clocks that can be moved."""
