"""`make messages`: collect the strings, compile the French catalogue. Needs GNU gettext.

`python -m scripts.messages --compile` only compiles, with polib: gettext is not needed for that.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import polib

from scripts.environment import with_dotenv
from scripts.processes import MANAGE, ROOT

CATALOGUE = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
IGNORED = (".venv", "var", "tests", "sandbox", "scripts", "node_modules")


def main() -> int:
    if "--compile" not in sys.argv:
        collect()
    compile_catalogue()
    return 0


def collect() -> None:
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    ignore = [word for name in IGNORED for word in ("--ignore", f"{name}/*")]
    options = ["--locale", "fr", "--no-wrap", "--no-location", "--no-obsolete"]
    command = [*MANAGE, "makemessages", *options, *ignore]
    subprocess.run(command, cwd=ROOT, env=with_dotenv(), check=True)


def compile_catalogue() -> None:
    """As Django's `compilemessages` does it, so that the two leave the tree clean.

    Without GNU gettext a library does it: its file says the same in other bytes.
    """
    if shutil.which("msgfmt"):
        target = str(CATALOGUE.with_suffix(".mo"))
        subprocess.run(["msgfmt", "--check-format", "-o", target, str(CATALOGUE)], check=True)
        return
    polib.pofile(str(CATALOGUE)).save_as_mofile(str(CATALOGUE.with_suffix(".mo")))


if __name__ == "__main__":
    sys.exit(main())
