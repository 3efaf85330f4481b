"""What Flatchr says of the candidates we sent: already there, lost answers, read-back, enrichment.

In: pushes and a Flatchr client. Out: verdicts, applicants, and the transitions after a success.
"""
