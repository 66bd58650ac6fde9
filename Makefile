# Every command of this repository. Without make: python3 hack/bootstrap.py NAME
PYTHON ?= python3
RUN = @$(PYTHON) hack/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup demo up frontend lint types fix test test-unit test-integration test-contract \
	test-python test-live pictures reference-pictures test-firefox docs test-frontend test-browser generate lock sbom bench load simulate hostile \
	clean e2e e2e-full compose-test kind ci

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the dashboard with a generated year of sales: http://127.0.0.1:8000
	$(RUN) demo $(ARGS)

up: ## Run a dashboard of your own: make up ARGS="-f dashboard.yaml"
	$(RUN) up $(ARGS)

setup: ## Prepare .venv, Node and the pages for development
	$(RUN) setup

frontend: ## Build the pages, if their sources changed
	$(RUN) frontend

test: ## Everything that CI checks without a cluster
	$(RUN) test

test-unit: ## Tests of pure code (ARGS="-k name" selects)
	$(RUN) test-unit $(ARGS)

test-integration: ## Tests over real PostgreSQL and Valkey
	$(RUN) test-integration $(ARGS)

test-contract: ## Generated files are current, each extra installs alone, examples parse
	$(RUN) test-contract $(ARGS)

test-python: ## All Python tests (ARGS="tests/unit/api -k name" selects)
	$(RUN) test-python $(ARGS)

test-live: ## Dashboards and rules against a Prometheus that scrapes a dashboard (two minutes)
	$(RUN) test-live $(ARGS)

pictures: ## Write the pictures of the documents that look different now (five minutes)
	$(RUN) pictures

reference-pictures: ## Renew the pictures that the browser tests compare panels with
	$(RUN) reference-pictures $(ARGS)

test-firefox: ## The main flows in Debian's firefox-esr; CI runs them in Chromium
	$(RUN) test-firefox $(ARGS)

docs: ## The site of the documents, into build/site; broken links are errors
	$(RUN) docs

hostile: ## Attacks, faults, and random operations with kills between (ARGS=N operations; 1,000,000)
	$(RUN) hostile $(ARGS)

test-frontend: ## Checks and unit tests of the frontend
	$(RUN) test-frontend

test-browser: ## The pages in a real browser (Debian's chromium)
	$(RUN) test-browser $(ARGS)

e2e: ## Everything on a real kind cluster; root, or a Docker engine (ARGS="-k name" selects)
	$(RUN) e2e $(ARGS)

e2e-full: ## What takes longer on a cluster: maintenance, scaling, 300 dashboards (ARGS="-k name")
	$(RUN) e2e-full $(ARGS)

compose-test: ## The compose project on a real Docker engine (ARGS="-k name" selects)
	$(RUN) compose-test $(ARGS)

kind: ## A kind cluster with a dashboard, at http://demo.localhost:8080 (ARGS=remove)
	$(RUN) kind $(ARGS)

ci: ## What CI runs: test, then e2e
	$(RUN) ci

lint: ## Style, formatting, import contracts, dependencies, dead code
	$(RUN) lint

types: ## Static types of Python and TypeScript
	$(RUN) types

fix: ## Format everything and apply the safe corrections
	$(RUN) fix

generate: ## Write the generated files anew
	$(RUN) generate

lock: ## Write requirements/*.txt anew (ARGS=--upgrade for the newest versions)
	$(RUN) lock $(ARGS)

sbom: ## Write the bill of materials of each image to dist/sbom (CycloneDX)
	$(RUN) sbom $(ARGS)

bench: ## Run a benchmark: make bench ARGS=NAME; without a name, list them
	$(RUN) bench $(ARGS)

load: ## Users with habits against a dashboard: make load ARGS="--users 200 --minutes 2 --url URL"
	$(RUN) load $(ARGS)

simulate: ## Compare autoscalers over simulated load and write docs/scaling (SEED=N draws others)
	$(RUN) simulate $(ARGS)

clean: ## Remove what was built or cached; data of `shopx up` stay
	$(RUN) clean
