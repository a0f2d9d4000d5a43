"""Dashboards and alerts."""
