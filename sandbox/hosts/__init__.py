"""The hosts as their vendors document them: HrFlow, its files, Flatchr's careers site and API."""
