wrk.headers["X-API-KEY"]="ask_2ae5255f611efbb992b85a3c68c242ee"
wrk.headers["X-USER-EMAIL"]="recrutement@example.com"
