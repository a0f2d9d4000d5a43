"""The aggregates of tenancy: pure decisions about users, workspaces, namespaces and API keys."""
