from django.contrib.admin.apps import AdminConfig


class ConnectorAdminConfig(AdminConfig):
    """The admin with our own site class (`sync.admin.site`)."""

    default_site = "sync.admin.site.ConnectorAdminSite"

    def ready(self) -> None:
        super().ready()
        from sync.admin import register_all

        register_all()
