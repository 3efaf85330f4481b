#!/usr/bin/env python
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector_site.settings")
    from django.core.management import execute_from_command_line

    from connector_site.start import settings_explained

    with settings_explained():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
