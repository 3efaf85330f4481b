from django.urls import path

from sync import views, webhooks

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("hooks/hrflow/<str:token>/", webhooks.hrflow, name="hook_hrflow"),
    path("hooks/flatchr/<str:token>/", webhooks.flatchr, name="hook_flatchr"),
]
