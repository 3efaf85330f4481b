from django.contrib.admin import AdminSite


class ConnectorAdminSite(AdminSite):
    pass
