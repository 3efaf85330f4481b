"""Read by gunicorn from the directory it is started in."""

# HrFlow may send an event's whole payload, encoded, in the header that signs it.
limit_request_field_size = 96 * 1024
limit_request_fields = 60
logger_class = "connector_site.logs.RedactingLogger"
