from django.urls import path

from sync.web import health, webhooks

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("hooks/hrflow/<str:token>/", webhooks.hrflow, name="hook_hrflow"),
    path("hooks/flatchr/<str:token>/", webhooks.flatchr, name="hook_flatchr"),
]
