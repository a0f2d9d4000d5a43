"""The HTTP kit: routes, requests, answers and errors, the same in every service."""
