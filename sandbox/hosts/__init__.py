"""The hosts as their vendors document them: HrFlow, its files, Flatchr careers site and REST API."""
