"""Views outside the admin (webhooks, health), the middleware, and the rules of signing in."""
