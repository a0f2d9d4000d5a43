"""A store in one MongoDB database."""

from atrium_common.store.mongo.store import MongoStore

__all__ = ["MongoStore"]
