"""The rules of webhooks: endpoints, matching, signing, schedule, addresses. Pure."""
