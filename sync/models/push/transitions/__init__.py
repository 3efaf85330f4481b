"""Every change of a push's state, by who makes it: a worker, the sweep, the read-back, a person.

Each is one conditional UPDATE that names the states it leaves.
"""
