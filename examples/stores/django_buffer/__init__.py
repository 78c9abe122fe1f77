"""A request buffer over Django, as an app of `INSTALLED_APPS`."""
