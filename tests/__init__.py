"""The test suite; helpers lie beside this file."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # of the repository
