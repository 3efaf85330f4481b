"""HrFlow and Flatchr as accounts: clients, rate limits, circuit breakers, backoff.

In: a source or a company row. Out: a client that waits its turn and counts its failures.
"""
