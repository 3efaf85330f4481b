"""The desk, grouped as its menu is: push, history, setup, operations. One module a noun.

Importing this package registers nothing: the site class lives in it, and Django asks for that while
it is still loading the admins of its own apps.
"""

from importlib import import_module

NOUNS = (
    "push.profiles",
    "history.pushes",
    "history.runs",
    "setup.companies",
    "setup.sources",
    "setup.vacancies",
    "setup.workflows",
    "operations.audit",
    "operations.lockouts",
    "operations.privacy",
    "operations.queue",
    "operations.users",
)


def register_all() -> None:
    """Called by the admin's app once every other app has registered its own."""
    for name in NOUNS:
        import_module(f"sync.admin.{name}")
