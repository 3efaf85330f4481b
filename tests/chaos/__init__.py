"""The proof of "exactly one candidate": real workers, killed at random, against a faulty Flatchr.

`python -m tests.chaos --help`; what is promised and what was seen: docs/reliability.md.
"""
