"""What the gateway publishes of itself: the API's OpenAPI document, and a page to explore it."""
