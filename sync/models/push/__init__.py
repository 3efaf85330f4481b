"""A push: its fields, states, queries, transitions and constraints."""
