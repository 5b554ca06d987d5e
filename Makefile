# The two commands: `make run` and `make test`. Everything they need beside Python 3.11+ is installed into .venv.
PYTHON ?= python3
PY := .venv/bin/python
TESTS ?= tests
BENCH ?=

.PHONY: run test test-production bench chaos lint lock clean environment environment-dev

run: environment
	@exec $(PY) manage.py up $(if $(PORT),--port $(PORT)) $(if $(PRICES),--prices $(PRICES))

test: environment-dev
	@$(PY) -m portal.runtime.packages
	@$(PY) -m portal.runtime.testing -n 2 --dist loadgroup $(TESTS)

test-production: environment-dev
	@$(PY) -m portal.runtime.packages
	@$(PY) -m portal.runtime.production -n 2 --dist loadgroup $(TESTS)

# django-hordak, for comparison only, has an environment of its own; without it (no network) the rest is measured.
bench: environment-dev
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -q --disable-pip-version-check -r requirements-bench.txt || rm -rf .venv-bench
	@$(PY) -m tests.benchmarks.run $(BENCH)

chaos: environment-dev
	@CHAOS_KILLS=$${CHAOS_KILLS:-200} $(PY) -m portal.runtime.testing -s --timeout 3600 tests/races -m chaos

lint: environment-dev
	@.ci/lint

# Resolves the .in files anew; wheels only, for the oldest Python that is served.
lock: environment-dev
	@$(PY) -m portal.runtime.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache artefacts staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment environment-dev:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "There is no $(PYTHON) here: the portal needs Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) portal/runtime/environment.py $(if $(filter environment-dev,$@),--dev)
