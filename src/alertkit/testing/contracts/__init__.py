"""
One contract for each port: test classes that prove an implementation clause by clause.

Subclass a contract in a test module of your own, under a name that your runner collects, and say how to make one.
"""

from alertkit.testing.contracts._transport import TransportContract

__all__ = ["TransportContract"]
