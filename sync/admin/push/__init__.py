"""The recruiter's way to a push: profiles, selection, preview, confirmation."""
