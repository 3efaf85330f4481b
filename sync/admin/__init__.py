"""The pages people use, grouped as the menu is: push, history, setup, operations.

One module per kind of row. Importing this package registers nothing: it holds the class of the
admin site, which Django loads before the admins of its own apps.
"""

from importlib import import_module

MODULES = (
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
    """Register our admins. Called once every other app has registered its own, since ours replace
    those of users, groups, tasks and schedules."""
    for name in MODULES:
        import_module(f"sync.admin.{name}")
