EMAIL = "fuzzed@example.org"
