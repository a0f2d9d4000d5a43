"""The command atrium: the whole suite on one machine, and what operators need."""
