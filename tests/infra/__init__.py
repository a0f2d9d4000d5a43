"""Real servers for tests: a Kafka broker and a MongoDB-wire server, given, from Docker, or started here."""
