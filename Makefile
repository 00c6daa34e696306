PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   := demo
export DO_NOT_TRACK := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

# what is installed is what the locks hash; nothing is built with tools from elsewhere
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation

.PHONY: install demo test quick lint docs site images spark bench mutations calibration lock clean

install: $(VENV)/.installed ## make the developer's environment; does nothing when it is up to date

$(VENV)/.user: requirements-build.lock requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes --requirement requirements-build.lock
	$(INSTALL) --require-hashes --requirement requirements.lock
	$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.installed: requirements-dev.lock $(VENV)/.user
	$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

demo: $(VENV)/.user ## synthetic data, warehouse, studies and report, from nothing
	@myelomart demo --out $(DEMO)

test: install lint ## everything: lint, pytest, and in it dbt build with data tests and unit tests
	pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 20

quick: install ## the tests that build no warehouse, for the edit loop
	ruff check .
	pytest --numprocesses 2 --dist loadfile -m "not slow"

lint: install ## ruff and sqlfluff
	ruff check .
	ruff format --check .
	sqlfluff lint --processes 2 --disable-progress-bar models

docs: install ## the dbt documentation as one page, target/static_index.html, and how the marts belong to each other
	$(BIN)/python scripts/core_diagram.py
	dbt docs generate --static

site: install ## the documentation as a site that opens without a network, build/site/index.html
	-mkdir -p build/node && cd build/node && npm pack --silent iframe-worker@1.0.4 mermaid@12.3.0 && \
		for one in *.tgz; do tar -xzf $$one --one-top-level; done
	$(BIN)/python scripts/docs_site.py

spark: install ## the same models on Apache Spark, every mart compared with DuckDB's
	bash bench/spark.sh

images: demo ## the pictures of README from the demonstration; report.png is a screen of its report
	cp $(DEMO)/results/cart_vs_pom/figures/CVP-O2_forest.svg docs/images/cart_vs_pom.svg
	cp $(DEMO)/results/salvage_after_cart/figures/SAL-F3_os_three_ways.svg docs/images/salvage_after_cart.svg
	cp $(DEMO)/results/long_term_followup/figures/LTF-F3_pfs_hazard_ratio.svg docs/images/long_term_followup.svg
	cp $(DEMO)/results/progression_patterns/figures/PRG-F2_transitions.svg docs/images/progression_patterns.svg
	cp $(DEMO)/results/evidence/figures/QA-O1_os.svg docs/images/evidence.svg
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,900 \
		--screenshot=docs/images/report.png file://$(abspath $(DEMO))/report/index.html
	$(BIN)/myelomart patient 28 --db $(DEMO)/myelomart.duckdb --svg docs/images/patient.svg

calibration: install ## what the synthetic network aims at, and how near it comes: docs/calibration.md
	myelomart calibrate --patients 100000 --seed 1 --out docs/calibration.md

mutations: install ## changes that the tests must notice, applied one by one in a copy of the tree
	$(BIN)/python bench/mutations.py

bench: install ## the statistics beside R, lifelines and scikit-survival (installs the extra it needs)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python bench/statistics.py

lock: install ## pin the newest versions that fit, or with KEEP=--keep only what is new; list licences in docs/licences.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python scripts/locks.py $(KEEP)

clean: ## remove what the other targets made, but not the environment
	rm -rf $(DEMO) target logs results landing myelomart.dbt myelomart.duckdb*
