"""Requests counted for the feature `api_calls`."""
