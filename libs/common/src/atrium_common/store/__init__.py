"""The store: ports and adapters of the event log and of documents."""
