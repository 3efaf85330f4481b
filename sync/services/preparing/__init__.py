"""From a profile key to a candidate that could be sent: read, format, rules, CV.

In: a `Job` of plain data and an HrFlow client. Out: a candidate, and a `Journal` of the steps.
Nothing here reads or writes the database.
"""
