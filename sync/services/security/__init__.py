"""Who may do what, who did what, and the keys that encrypt secrets.

In: requests, users, signals. Out: audit entries, groups, rotated secrets.
"""
