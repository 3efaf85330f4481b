from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created


class ConnectorAdminConfig(AdminConfig):
    """Django's admin with our site class, and our admins registered after all others."""

    default_site = "sync.admin.site.ConnectorAdminSite"

    def ready(self) -> None:
        super().ready()
        from connector_site.pooler import refuse_early_commits
        from sync.admin import register_all

        register_all()
        if settings.DATABASE_POOLER:
            connection_created.connect(refuse_early_commits)
