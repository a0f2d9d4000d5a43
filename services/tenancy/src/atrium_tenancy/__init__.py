"""Workspaces, members, namespaces, users and API keys."""
