# Every command works from a bare checkout: python3 >= 3.11 and make are all it takes.
PYTHON ?= python3
IN_VENV = exec $(PYTHON) compose/local/bootstrap.py
LOCK = uv --directory requirements pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help run demo webhook manage test bench check format messages lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: ## Start everything: PostgreSQL, Valkey, web, worker, push emulator (PORT=8000, DATA_DIR=.local)
	@$(IN_VENV) -m compose.local run

demo: ## Play the main job, beside `make run` or on its own
	@$(IN_VENV) -m compose.local demo

webhook: ## Print a freshly signed curl line for the running system
	@$(IN_VENV) -m compose.local webhook

manage: ## Run manage.py against the running system: make manage ARGS="shell"
	@$(IN_VENV) -m compose.local manage $(ARGS)

test: ## Run the test suite on services of its own: make test ARGS="tests/courses -k sync"
	@$(IN_VENV) -m pytest $(if $(ARGS),$(ARGS),--numprocesses auto --maxprocesses 4 --dist loadfile)

bench: ## Measure against peers and write docs/benchmarks.md: make bench ONLY=reads, or ONLY=1,3; REPEAT=5
	@$(IN_VENV) -m tests.benchmarks

check: ## Everything that can be said about the code without running it
	@$(IN_VENV) -m compose.local.check $(ARGS)

format: ## Format the code and repair what can be repaired
	@$(PYTHON) compose/local/bootstrap.py -m ruff check --fix-only --quiet .
	@$(IN_VENV) -m ruff format .

messages: ## Bring the texts in other languages up to date with the code, and compile them
	@$(IN_VENV) -m compose.local.translations

lock: ## Pin requirements/*.in into requirements/*.txt; ARGS="--upgrade" takes newer releases
	@for name in base test dev prod; do \
		$(PYTHON) compose/local/bootstrap.py -m $(LOCK) $(ARGS) $$name.in -o $$name.txt || exit 1; \
	done

clean: ## Remove .venv and the caches of tools; the data in .local stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache static
	@find . -name __pycache__ -not -path './.local/*' -prune -exec rm -rf {} +
