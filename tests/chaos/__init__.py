"""Proof under fire: the suite under steady load while its parts are killed, paused, cut off, filled and misled.

`python -m tests.chaos` (`make chaos`) runs it, `python -m tests.chaos.soak` (`make soak`) the same load without faults.
"""
