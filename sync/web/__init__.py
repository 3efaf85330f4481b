"""What answers outside the admin: health, webhooks, sign-in, middleware, and their limits."""
