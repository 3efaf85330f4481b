"""One push on its way: queued, claimed, transferred, closed.

In: profile keys, a vacancy, who asked. Out: rows of `Push` and `PushAttempt`.
Order of the walk: dispatch, worker, transfer, outcomes; `direct` and `command` are other entries.
"""
