"""What comes in: profiles and vacancies, workflows that queue them, events of both peers.

In: a source, a company, a workflow or an event. Out: rows of the index; pushes through `dispatch`.
"""
