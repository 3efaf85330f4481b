"""What pyproject.toml cannot say: `templates/` and `locale/` go into the wheel, in a package."""

from setuptools import find_packages, setup

RESOURCES = {"connector_site.templates": "templates", "connector_site.locale": "locale"}
setup(
    packages=[*find_packages(include=["sync*", "connector_site*"]), *RESOURCES],
    package_dir=RESOURCES,
)
