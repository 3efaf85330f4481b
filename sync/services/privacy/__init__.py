"""Personal data: where it lies, export and erasure of a person, the suppression list, retention.

In: an e-mail, a profile key or a date. Out: receipts and counts, which name nobody.
"""
