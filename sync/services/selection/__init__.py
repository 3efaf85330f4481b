"""A selection of profiles before it is pushed: draft, what stands in the way, exact preview.

In: ticked profiles and a vacancy. Out: a draft run, then pushes through `dispatch`.
"""
