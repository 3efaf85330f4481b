"""Personal data: who must not come back, what is held of a person, erasure, retention.

In: an e-mail, a profile key or a date. Out: receipts and counts that name nobody.
"""
