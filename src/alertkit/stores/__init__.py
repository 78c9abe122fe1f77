"""Implementations of the storage ports, each imported by its own path, so that its driver is loaded with it alone."""
