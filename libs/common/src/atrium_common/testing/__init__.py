"""What tests are made of: conformance suites, a service behind a port, clocks that move."""
