from django.contrib.admin.apps import AdminConfig


class ConnectorAdminConfig(AdminConfig):
    """Django's admin with our site class, and our admins registered after all others."""

    default_site = "sync.admin.site.ConnectorAdminSite"

    def ready(self) -> None:
        super().ready()
        from sync.admin import register_all

        register_all()
