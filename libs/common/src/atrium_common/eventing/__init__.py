"""Event sourcing: events, aggregates, the way of a command to the log, and everything that follows the log."""
