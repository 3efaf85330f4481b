"""Figures and files for people: dashboard, progress, causes of failures, exports.

In: scoped querysets. Out: counts and lines of CSV.
"""
