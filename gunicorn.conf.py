"""Read by gunicorn from the directory it is started in."""

# HrFlow may send an event's whole payload, encoded, in the header that signs it. Not as much as
# WEBHOOK_MAX_BYTES: gunicorn holds as many such headers as `limit_request_fields` before any check.
limit_request_field_size = 384 * 1024
limit_request_fields = 60
logger_class = "connector_site.logs.RedactingLogger"
