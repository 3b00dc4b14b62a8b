# Goshawk on Debian 12, as root or with sudo. `make` lists the targets; each sets up by itself what it lacks.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)
TARGET := $(or $(CARGO_TARGET_DIR),target)
RUST := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

# where rustup puts cargo; a shell that was open before does not know it
export PATH := $(PATH):$(HOME)/.cargo/bin

# tests run in the folders of their crates
ifdef GOSHAWK_DATA
export GOSHAWK_DATA := $(abspath $(GOSHAWK_DATA))
endif

# Apache Kafka for the tests: jars, fetched once
KAFKA := $(abspath $(TARGET))/services/kafka
export GOSHAWK_KAFKA := $(KAFKA)

# OpenSearch for the tests: jars, fetched once
OPENSEARCH := $(abspath $(TARGET))/services/opensearch
export GOSHAWK_OPENSEARCH := $(OPENSEARCH)

# Python with a Kafka client, for the tests: a folder of its own, made once
NODES := $(abspath $(TARGET))/services/python
export GOSHAWK_PYTHON := $(NODES)/bin/python

# the official Python clients of OpenSearch and Elasticsearch, for the tests: each in a folder of its own
CLIENTS := $(abspath $(TARGET))/services/clients
export GOSHAWK_CLIENTS := $(CLIENTS)

# where install-lib puts things, and from where: another folder than cargo's holds a library that is built already
PREFIX ?= /usr/local
LIB ?= $(TARGET)/release
LIBRARY := libgoshawk_collector
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
INTO = $(DESTDIR)$(PREFIX)
# sudo, where one may not write there
RIGHTS = $(shell at='$(INTO)'; until [ -e "$$at" ]; do at=$$(dirname "$$at"); done; [ -w "$$at" ] || echo $(SUDO))

FUZZ_SECONDS ?= 60
FUZZ_TARGETS = $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))

# $(call installed,COMMAND,PACKAGE): the Debian package, when the command is missing
define installed
	@command -v $(1) >/dev/null || { \
	    echo "$(1) is missing: installing $(2)"; \
	    $(SUDO) apt-get update -q; \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(2); }
endef

# $(call said,WHAT): what happens next, so that a long run can be followed
said = @printf '\n== %s\n' '$(1)'

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16 | sed 's/^/  make /'

.PHONY: build
build: need-rust ## the binary, optimised: target/release/goshawk
	cargo build --release --locked

.PHONY: build-lib
build-lib: need-rust ## the collector as a library for C and C++: target/release/libgoshawk_collector.so and .a
	cargo build --release --locked -p collector

.PHONY: install-lib
install-lib: $(if $(filter $(TARGET)/release,$(LIB)),build-lib) ## installs it, its header and goshawk_collector.pc under PREFIX=/usr/local
	$(RIGHTS) install -d '$(INTO)/include' '$(INTO)/lib/pkgconfig'
	$(RIGHTS) install -m 644 crates/collector/include/goshawk_collector.h '$(INTO)/include/'
	$(RIGHTS) install -m 644 '$(LIB)/$(LIBRARY).a' '$(INTO)/lib/'
	$(RIGHTS) install -m 755 '$(LIB)/$(LIBRARY).so' '$(INTO)/lib/$(LIBRARY).so.1'
	$(RIGHTS) ln -sf $(LIBRARY).so.1 '$(INTO)/lib/$(LIBRARY).so'
	$(RIGHTS) strip --strip-debug '$(INTO)/lib/$(LIBRARY).a' '$(INTO)/lib/$(LIBRARY).so.1'
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' crates/collector/goshawk_collector.pc.in \
	    | $(RIGHTS) tee '$(INTO)/lib/pkgconfig/goshawk_collector.pc' >/dev/null
	@case '$(INTO)' in /usr|/usr/local) $(RIGHTS) ldconfig;; esac

.PHONY: uninstall-lib
uninstall-lib: ## takes away what install-lib put under PREFIX
	$(RIGHTS) rm -f '$(INTO)/include/goshawk_collector.h' '$(INTO)/lib/pkgconfig/goshawk_collector.pc' \
	    '$(INTO)/lib/$(LIBRARY).a' '$(INTO)/lib/$(LIBRARY).so' '$(INTO)/lib/$(LIBRARY).so.1'

.PHONY: demo
demo: build ## a made-up network, live, and the address of a web page with its numbers
	$(TARGET)/release/goshawk demo

.PHONY: test
test: need-rust need-lints need-test-tools need-kafka need-opensearch need-clients need-python need-prometheus need-torch ## everything that must pass before a change goes in; GOSHAWK_DATA=DIR adds real recordings
	$(call said,cargo test)
	cargo test --workspace --locked --no-fail-fast -- --skip storm::
	$(call said,storms on three brokers)
	cargo test --locked --test all storm:: -- --test-threads=1
	@$(MAKE) lint
	$(call said,unit tests of the bench harness)
	python3 -m unittest discover -s bench/harness -p tests.py
	python3 -m unittest discover -s bench/kafka -p tests.py
	python3 -m unittest discover -s bench/hawkes -p tests.py
	python3 -m unittest discover -s bench/cascades -p tests.py
	python3 -m unittest discover -s bench/popularity -p tests.py
	python3 -m unittest discover -s bench/models -p tests.py
	python3 -m unittest discover -s bench/search -p tests.py
	@printf '\n'
	@$(if $(GOSHAWK_DATA),,echo 'Left out: tests on real recordings (GOSHAWK_DATA=DIR make test).')
	@echo 'Left out: make fuzz, make bench, make bench-kafka, make bench-hawkes, make bench-cascades, make bench-popularity, make bench-models, make bench-search, make lint-deny. Each is its own target, because each takes minutes.'
	@echo 'All tests passed.'

.PHONY: lint
lint: need-rust need-lints ## format, clippy and the documentation's warnings, as make test does
	$(call said,format)
	cargo fmt --check
	$(call said,clippy)
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(call said,documentation)
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --document-private-items

.PHONY: lint-deny
lint-deny: need-rust ## licences, doubles and origins of all dependencies, with cargo-deny (built here the first time)
	@command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
	cargo deny --all-features check licenses bans sources

.PHONY: fmt
fmt: need-lints ## format the code
	cargo fmt

.PHONY: docs
docs: need-rust ## the documentation of every crate, the mathematics first: target/doc/ml/index.html; broken links are errors
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	cargo test --locked --test all tidy::docs
	@echo 'Pages: docs/ARCHITECTURE.md, docs/mathematics.md. Code: $(TARGET)/doc/ml/index.html and its neighbours.'

.PHONY: references
references: build ## rewrite what is generated: the configuration reference, the topics, the snapshots in tests
	$(TARGET)/release/goshawk check --reference > docs/configuration.md.new
	mv docs/configuration.md.new docs/configuration.md
	UPDATE_EXPECT=1 cargo test --workspace --locked

.PHONY: bench
bench: build ## Goshawk beside its peers, as bench/README.md says; ARGS='--only duckdb' goes to bench/run.sh
	$(call installed,python3,python3)
	@python3 -c 'import ensurepip' 2>/dev/null || { $(SUDO) apt-get update -q; $(SUDO) apt-get install -qy python3-venv; }
	bench/run.sh $(ARGS)

.PHONY: bench-kafka
bench-kafka: build need-kafka ## on Kafka, beside kcat and Kafka Streams, as bench/kafka/README.md says; ARGS='--only latency'
	$(call installed,python3,python3)
	$(call installed,kcat,kcat)
	$(call installed,mvn,maven)
	$(call installed,javac,openjdk-17-jdk-headless)
	mvn -q -B -f bench/kafka/streams package
	python3 bench/kafka/bench.py --goshawk $(TARGET)/release/goshawk --jars $(KAFKA) $(ARGS)

.PHONY: bench-hawkes
bench-hawkes: need-rust ## fits of cascades, beside other libraries, as bench/hawkes/README.md says; ARGS='--sizes 200'
	$(call installed,python3,python3)
	@python3 -c 'import ensurepip' 2>/dev/null || { $(SUDO) apt-get update -q; $(SUDO) apt-get install -qy python3-venv; }
	python3 bench/hawkes/bench.py $(ARGS)

.PHONY: bench-cascades
bench-cascades: build ## cascades from files to estimates, as the load grows, as bench/cascades/README.md says; ARGS='--only tiny'
	$(call installed,python3,python3)
	python3 bench/cascades/bench.py --goshawk $(TARGET)/release/goshawk $(ARGS)

.PHONY: bench-popularity
bench-popularity: build ## final sizes told on recorded cascades, and how soon, as bench/popularity/README.md says; GOSHAWK_DATA=DIR
	$(call installed,python3,python3)
	GOSHAWK_BINARY=$(TARGET)/release/goshawk bench/popularity/run.sh $(GOSHAWK_DATA)

# where sets of labelled posts are made into one form
SETS := $(TARGET)/sets

.PHONY: models
models: build ## learn the shipped text models anew from GOSHAWK_DATA=DIR
	$(call installed,python3,python3)
	bench/models/sets.py --data '$(GOSHAWK_DATA)' --out $(SETS)
	GOSHAWK=$(TARGET)/release/goshawk bench/models/bench.py ship --sets $(SETS) $(ARGS)

.PHONY: bench-models
bench-models: build ## text models on public sets, and how quick they are, from GOSHAWK_DATA=DIR, as bench/models/README.md says
	$(call installed,python3,python3)
	bench/models/sets.py --data '$(GOSHAWK_DATA)' --out $(SETS)
	GOSHAWK=$(TARGET)/release/goshawk bench/models/bench.py measure --sets $(SETS) $(ARGS)

.PHONY: bench-search
bench-search: build need-opensearch ## documents loaded, searched and counted, beside OpenSearch, as bench/search/README.md says; ARGS='--posts 5000000'
	$(call installed,python3,python3)
	bench/search/run.sh $(TARGET)/release/goshawk $(OPENSEARCH) $(ARGS)

.PHONY: fuzz
fuzz: need-rust ## anything at all at the decoders, FUZZ_SECONDS=60 for each
	$(call installed,c++,build-essential)
	@rustup toolchain list | grep -q nightly || rustup toolchain install nightly --profile minimal
	@command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
	@for target in $(FUZZ_TARGETS); do \
	    echo "== $$target, $(FUZZ_SECONDS) s"; \
	    cargo +nightly fuzz run "$$target" -- -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1; \
	done

.PHONY: clean
clean: ## remove what was built and measured
	cargo clean
	rm -rf fuzz/target bench/.work bench/parse/target

.PHONY: need-rust
need-rust:
	@command -v cargo >/dev/null || { \
	    echo "cargo is missing. Debian's own is too old; this installs it for you alone:"; \
	    echo "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . ~/.cargo/env"; \
	    exit 1; } >&2
	@have=$$(cargo --version | cut -d' ' -f2); \
	    [ "$$(printf '%s\n' $(RUST) "$$have" | sort -V | head -1)" = $(RUST) ] || { \
	    echo "cargo is $$have, and Goshawk needs $(RUST): rustup update stable"; \
	    exit 1; } >&2
	$(call installed,cc,build-essential)
	$(call installed,pkg-config,pkg-config)
	@pkg-config --exists openssl || { \
	    echo "OpenSSL's headers are missing: installing libssl-dev"; \
	    $(SUDO) apt-get update -q; \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends libssl-dev; }

.PHONY: need-lints
need-lints: need-rust
	@cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
	@cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt

.PHONY: need-test-tools
need-test-tools:
	$(call installed,chromium,chromium)
	$(call installed,kcat,kcat)
	$(call installed,git,git)
	$(call installed,python3,python3)
	$(call installed,pgrep,procps)

# Debian starts what it installs; whoever runs tests wants the programs, not the services. Where a policy stands already, it stays.
POLICY := /usr/sbin/policy-rc.d

.PHONY: need-prometheus
need-prometheus: ## Prometheus, its Alertmanager and its Pushgateway for the tests, from Debian; none of them is started
	@for program in prometheus promtool prometheus-alertmanager amtool prometheus-pushgateway; do \
	    command -v $$program >/dev/null || lacks=$$program; \
	done; \
	[ -z "$${lacks:-}" ] || { \
	    echo "$$lacks is missing: installing prometheus, prometheus-alertmanager and prometheus-pushgateway"; \
	    [ -e $(POLICY) ] || { \
	        printf '#!/bin/sh\nexit 101\n' | $(SUDO) tee $(POLICY) >/dev/null; $(SUDO) chmod 755 $(POLICY); \
	        trap '$(SUDO) rm -f $(POLICY)' EXIT; }; \
	    $(SUDO) apt-get update -q; \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
	        prometheus prometheus-alertmanager prometheus-pushgateway; }

.PHONY: need-torch
need-torch: ## PyTorch for the tests of text models, from Debian, for Debian's own Python
	@/usr/bin/python3 -c 'import torch' 2>/dev/null || { \
	    echo 'PyTorch is missing: installing python3-torch'; \
	    $(SUDO) apt-get update -q; \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-torch; }

.PHONY: need-kafka
need-kafka: $(KAFKA)/.complete ## Apache Kafka for the tests, from Maven
	$(call installed,java,openjdk-17-jre-headless)

$(KAFKA)/.complete: tests/services/kafka.xml
	$(call installed,mvn,maven)
	$(call said,Apache Kafka)
	rm -rf $(KAFKA)
	mvn -q -B -f tests/services/kafka.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(KAFKA)
	@touch $@

.PHONY: need-opensearch
need-opensearch: $(OPENSEARCH)/.complete ## OpenSearch for the tests, from Maven

$(OPENSEARCH)/.complete: tests/services/opensearch.xml tests/services/Store.java
	$(call installed,mvn,maven)
	$(call installed,javac,openjdk-17-jdk-headless)
	$(call said,OpenSearch)
	rm -rf $(OPENSEARCH)
	mvn -q -B -f tests/services/opensearch.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(OPENSEARCH)
	javac -cp '$(OPENSEARCH)/*' -d $(OPENSEARCH) tests/services/Store.java
	@touch $@

.PHONY: need-clients
need-clients: $(CLIENTS)/.complete ## the Python clients of OpenSearch and Elasticsearch for the tests, from PyPI

$(CLIENTS)/.complete: $(wildcard tests/elastic/clients/*.txt)
	$(call installed,python3,python3)
	@python3 -c 'import ensurepip' 2>/dev/null || { $(SUDO) apt-get update -q; $(SUDO) apt-get install -qy python3-venv; }
	$(call said,clients of OpenSearch and Elasticsearch)
	rm -rf $(CLIENTS)
	@for wanted in $^; do \
	    client=$(CLIENTS)/$$(basename "$$wanted" .txt); \
	    python3 -m venv "$$client"; \
	    "$$client/bin/pip" install -q --disable-pip-version-check -r "$$wanted"; \
	done
	@touch $@

.PHONY: need-python
need-python: $(NODES)/.complete ## a stock Kafka client for the Python nodes in the tests, and the ONNX Runtime, from PyPI

$(NODES)/.complete: tests/tweetoscope/nodes/requirements.txt tests/enrich/requirements.txt
	$(call installed,python3,python3)
	@python3 -c 'import ensurepip' 2>/dev/null || { $(SUDO) apt-get update -q; $(SUDO) apt-get install -qy python3-venv; }
	$(call said,kafka-python and onnxruntime)
	rm -rf $(NODES)
	python3 -m venv $(NODES)
	$(NODES)/bin/pip install -q --disable-pip-version-check $(addprefix -r ,$^)
	@touch $@
