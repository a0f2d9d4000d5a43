"""Endpoints, fan-out and dispatch."""
