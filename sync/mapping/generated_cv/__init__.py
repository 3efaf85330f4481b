"""A CV made from the profile, for companies that want one page rather than none (PDF)."""
