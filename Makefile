# Every target runs on a fresh clone; what a machine lacks is installed, or named with the command that installs it.
.PHONY: demo test test-faults test-full test-differential test-random golden check bench bench-against stack test-stack prerequisites

CARGO ?= cargo
# Development builds link the system's OpenSSL where its headers are installed. Evaluated in each recipe, because
# `prerequisites` may install them.
OPENSSL = $(shell tests/stack/prerequisites openssl)

# Builds, loads a fixture through the sandbox and shows the records that arrived. No Kafka, no registry, no Docker.
demo: prerequisites
	@built=$$(tests/stack/executables $(OPENSSL)) && eval "$$built" && \
	  "$$k2_produce" sandbox --topic market.trades.raw --schema-file fixtures/schemas/trade.avsc -- \
	    k2-produce --topic market.trades.raw fixtures/trades/trades.csv

# The tests: units, documents, the judges on 10,000 random values, and integration tests, which start a real Apache
# Kafka and a real schema registry on free ports. Every test binary runs, whatever the others say.
test: test-stack
	$(CARGO) build $(OPENSSL) --examples
	$(CARGO) test $(OPENSSL) --no-fail-fast

# Tests that break the Kafka they run on, so each starts one for itself; one after the other.
test-faults: test-stack
	$(CARGO) build $(OPENSSL) --examples
	$(CARGO) test $(OPENSSL) --test faults -- --test-threads=1

# As `test`, with five million rows where it has 200,000.
test-full: test-stack
	$(CARGO) build $(OPENSSL) --examples
	K2_TEST_ROWS=$${K2_TEST_ROWS:-5000000} $(CARGO) test $(OPENSSL) --no-fail-fast

# Random schemas and values by the million, judged by three other Avro libraries; docs/judges.md.
test-differential: test-stack
	K2_TEST_PAIRS=$${K2_TEST_PAIRS:-1000000} $(CARGO) test $(OPENSSL) --test judges pairs_are_read_back

# Random runs of the binary by the ten thousand: random schemas, files and flags. It needs no Kafka.
test-random: prerequisites
	K2_TEST_RUNS=$${K2_TEST_RUNS:-10000} $(CARGO) test $(OPENSSL) --test random

# Has Java make the golden vectors anew; a test says where they are not what it makes.
golden: prerequisites
	tests/stack/prerequisites stack
	tests/stack/witness golden-partitions >fixtures/golden/partitions.jsonl
	tests/stack/witness golden-decimals >fixtures/golden/decimals.jsonl

# What must be clean before a change goes in.
check: prerequisites
	$(CARGO) fmt --check
	$(CARGO) clippy $(OPENSSL) --all-targets --test faults -- -D warnings
	$(CARGO) test $(OPENSSL) --no-run

# Rows a second of the encoder beside apache-avro's values; then records a second of k2-produce, kcat and Java's
# ProducerPerformance, side by side on one machine.
bench: prerequisites
	$(CARGO) bench --bench encode
	tests/stack/bench/run

# How fast this checkout is beside another one: make bench-against OTHER=../k2-produce-0.1
bench-against: test-stack
	tests/stack/bench/against $(OTHER)

# A real Kafka and a real registry until Ctrl-C, with the topic and the schema of the fixtures.
stack: prerequisites
	@tests/stack/run --until-interrupted --topic market.trades.raw --partitions 3 \
	  --schema-file fixtures/schemas/trade.avsc

test-stack: prerequisites
	tests/stack/prerequisites stack
	tests/stack/prepare >/dev/null

prerequisites:
	@tests/stack/prerequisites build
