"""Firebase Cloud Messaging as far as Campanile uses it, for development and tests: standard library only, nothing is delivered."""
