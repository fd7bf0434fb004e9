# Two commands do all set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint simulate torture fuzz lock audit benchmark schema trace clean

demo: .venv/demo.stamp
	@status=0; $(BIN)/samd-validate run protocols/icu_mortality.yaml || status=$$?; \
	if [ $$status -ge 2 ]; then exit $$status; fi

test: .venv/test.stamp
	$(BIN)/pytest -n 2 --dist worksteal

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

simulate: .venv/test.stamp
	$(BIN)/python tests/support/simulate.py docs
	$(BIN)/python tests/support/coverage_of_overlap.py > docs/methods/overlap_coverage.md
	$(BIN)/python tests/support/coverage_of_group_differences.py | $(BIN)/python tests/support/into_page.py docs/methods/overlap.md
	$(BIN)/python tests/support/coverage_of_froc.py | $(BIN)/python tests/support/into_page.py docs/methods/lesion_detection.md
	$(BIN)/python tests/support/size_of_decisions.py | $(BIN)/python tests/support/into_page.py docs/methods/comparison.md
	$(BIN)/python tests/support/coverage_of_pooling.py | $(BIN)/python tests/support/into_page.py docs/methods/heterogeneity.md
	$(BIN)/python tests/support/coverage_of_gaps.py | $(BIN)/python tests/support/into_page.py docs/methods/maximum_gap.md
	$(BIN)/python tests/support/found_slices.py | $(BIN)/python tests/support/into_page.py docs/methods/subgroup_discovery.md
	$(BIN)/python tests/support/found_in_time.py | $(BIN)/python tests/support/into_page.py docs/methods/temporal_drift.md
	$(BIN)/python tests/support/drift_size_power.py docs

# hundreds of kills: of the smallest run, and of the default one while it reads, trains and checks;
# ten thousand changes of single bytes of signed evidence
torture: .venv/test.stamp
	rm -rf .torture
	mkdir -p .torture
	$(BIN)/python tests/support/killing.py .torture/smallest 300 1 > .torture/smallest.json
	$(BIN)/python tests/support/killing.py .torture/default 10 2 protocols/icu_mortality.yaml > .torture/default.json
	$(BIN)/python tests/support/explained.py | $(BIN)/python tests/support/into_page.py docs/methods/attribution_sanity.md
	$(BIN)/python tests/support/tampering.py .torture/tampered 10000 300 300 3 > .torture/tampered.json
	$(BIN)/python tests/support/torture_table.py "smallest run=.torture/smallest.json" "default run=.torture/default.json" \
	  "signed run=.torture/tampered.json" | $(BIN)/python tests/support/into_page.py docs/security.md

# every parser of outside files fuzzed for a while, guided by coverage (atheris)
FUZZ_SECONDS ?= 60
fuzz: .venv-fuzz/stamp
	mkdir -p .fuzz
	status=0; .venv-fuzz/bin/python tests/fuzz/campaign.py $(FUZZ_SECONDS) > .fuzz/table.md || status=$$?; \
	$(BIN)/python tests/support/into_page.py docs/security.md < .fuzz/table.md; exit $$status

# the packages of a release by version and digest, usable on every machine, and what is known against them
LOCK_HEAD := \# The release with all its extras but dev, every package by version and digest: made by `make lock`.
lock: .venv-lock/stamp
	@printf '%s\n' '$(LOCK_HEAD)' > requirements/release.new
	.venv-lock/bin/uv pip compile pyproject.toml --extra models --extra imaging --extra sql --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet >> requirements/release.new
	mv requirements/release.new requirements/release.txt

audit: .venv-lock/stamp
	.venv-lock/bin/pip-audit --disable-pip --require-hashes -r requirements/release.txt

benchmark: .venv-benchmark/stamp
	.venv-benchmark/bin/python benchmarks/bootstrap.py --write docs/benchmarks_statistics.md

trace: .venv/test.stamp
	$(BIN)/python tests/support/marked_tests.py > docs/software_requirements.md

schema: .venv/test.stamp
	$(BIN)/python -m samd_validate.protocol.json_schema > protocols/schema/protocol-v1.schema.json
	$(BIN)/python -m samd_validate.protocol.json_schema lock > protocols/schema/lock-v1.schema.json

.venv/bin/python:
	$(PYTHON) -m venv .venv
	@sh .ci/system_libraries

.venv/demo.stamp: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[models,imaging]'
	@touch $@

.venv/test.stamp: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[models,sql,imaging,dev]'
	@sh .ci/system_libraries browser
	@touch $@ .venv/demo.stamp

# an environment of its own: what is timed beside us holds other packages back
.venv-benchmark/stamp: pyproject.toml benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-benchmark
	.venv-benchmark/bin/python -m pip install --quiet --disable-pip-version-check -e . -r benchmarks/requirements.txt
	@touch $@

.venv-fuzz/stamp: pyproject.toml
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check -e '.[models,sql,imaging,dev,fuzz]'
	@touch $@

.venv-lock/stamp: pyproject.toml
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check -e '.[lock]'
	@touch $@

clean:
	rm -rf .venv .venv-benchmark .venv-fuzz .venv-lock .torture .fuzz build *.egg-info
