"""The whole system on one machine, from wheels: PostgreSQL, Valkey, web, worker and the push emulator."""
