"""Everything that django-q2 costs: waking workers, keeping them alive, stopping them.

In: "there is work" (the rows say which). Out: running tasks, heartbeats, one writer a worker.
"""
