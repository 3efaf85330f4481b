from django.core.wsgi import get_wsgi_application

from connector_site.start import loaded_settings, settings_explained

loaded_settings()
with settings_explained():
    application = get_wsgi_application()
