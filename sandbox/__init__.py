"""A local stand-in for HrFlow and both Flatchr hosts, over real HTTP; the app never imports it."""
