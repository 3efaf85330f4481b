"""The services, and the seed's call: `from sync.services import Flatchr, ReadMode`."""

from sync.services.pushing.python_call import Flatchr
from sync.vocabulary import ReadMode

__all__ = ["Flatchr", "ReadMode"]
