"""Who may do what (roles), who did what (audit log), and the keys that encrypt secrets.

Knows neither web pages nor personal data: a request and its address are handed to the audit log.
"""
