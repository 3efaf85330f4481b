"""Read by gunicorn from the directory it is started in; options on its command line come first."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from connector_site import environment
from connector_site.start import loaded_settings, settings_explained

_settings = loaded_settings()

# The threads of a process share it while they wait for the database or a peer.
worker_class = "gthread"
with settings_explained():
    workers = environment.whole("WEB_CONCURRENCY", 2, minimum=1)
threads = 8
# A page may ask both peers, one after the other: longer than these exchanges, or gunicorn would
# kill the process that waits for them.
timeout = int(3 * _settings.HTTP_TIMEOUT_SECONDS) + 30
graceful_timeout = int(_settings.HTTP_TIMEOUT_SECONDS) + 10
# HrFlow may send an event's whole payload, encoded, in the header that signs it. Not as much as
# WEBHOOK_MAX_BYTES: gunicorn holds as many such headers as `limit_request_fields` before any check.
limit_request_field_size = 384 * 1024
limit_request_fields = 60
logger_class = "connector_site.logs.RedactingLogger"
