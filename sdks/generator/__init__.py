"""Makes types and methods of the SDKs from the API's OpenAPI document (`make sdks`)."""
