"""A store in one SQLite file, shared by the processes of one machine."""

from atrium_common.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
