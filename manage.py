#!/usr/bin/env python3
"""Run Kamado's commands. An empty environment gets the embedded services."""

import os
import sys

from portal.embedded import entry


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    with entry.services_for(sys.argv):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
