"""What no author thought of: inputs from grammars of JSON, names, dates, files and framing.

The grammars know the documented shapes and how they go wrong, and nothing of the sandbox or of the
builders of other tests. `make test` runs each property for seconds; `python -m tests.fuzz` runs the
same ones for minutes (docs/reliability.md).
"""
