"""The version, as packaging and the user agent tell it."""

__version__ = "0.1.0"
