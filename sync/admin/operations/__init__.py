"""What operators watch: queue, audit log, privacy requests, users."""
