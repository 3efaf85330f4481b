"""From an HrFlow profile to a Flatchr candidate. Pure: no database, no HTTP.

In: a profile as HrFlow answers it. Out: a `Candidate`, checked and ready for its CV.
"""
