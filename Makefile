# Every target runs on a fresh clone; what a machine lacks is installed, or named with the command that installs it.
.PHONY: demo test test-full test-differential golden check bench stack prerequisites

CARGO ?= cargo

# Builds, loads a fixture through the sandbox and shows the records that arrived. No Kafka, no registry, no Docker.
demo: prerequisites
	$(CARGO) build
	target/debug/k2-produce sandbox --topic market.trades.raw --schema-file fixtures/schemas/trade.avsc -- \
	  k2-produce --topic market.trades.raw fixtures/trades/trades.csv

# All tests; the integration tests start a real Apache Kafka and a real schema registry on free ports.
test: prerequisites
	tests/stack/prerequisites stack
	tests/stack/prepare >/dev/null
	$(CARGO) build --examples
	$(CARGO) test

# The same, with five million rows where it is one.
test-full: prerequisites
	tests/stack/prerequisites stack
	tests/stack/prepare >/dev/null
	$(CARGO) build --examples
	K2_TEST_ROWS=5000000 $(CARGO) test

# Random schemas and values by the million, judged by three other Avro libraries; docs/judges.md.
test-differential: prerequisites
	tests/stack/prerequisites stack
	tests/stack/prepare >/dev/null
	K2_TEST_PAIRS=$${K2_TEST_PAIRS:-1000000} $(CARGO) test --test judges pairs_are_read_back

# Has Java make the golden vectors anew; a test says where they are not what it makes.
golden: prerequisites
	tests/stack/prerequisites stack
	tests/stack/witness golden-partitions >fixtures/golden/partitions.jsonl
	tests/stack/witness golden-decimals >fixtures/golden/decimals.jsonl

# What must be clean before a change goes in.
check: prerequisites
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) test --no-run

# Rows a second of the encoder beside apache-avro's values; then records a second of k2-produce, kcat and Java's
# ProducerPerformance, side by side on one machine.
bench: prerequisites
	$(CARGO) build --release --bins --examples
	$(CARGO) bench --bench encode
	tests/stack/bench/run

# A real Kafka and a real registry until Ctrl-C, with the topic and the schema of the fixtures.
stack: prerequisites
	tests/stack/run --until-interrupted --topic market.trades.raw --partitions 3 \
	  --schema-file fixtures/schemas/trade.avsc

prerequisites:
	@tests/stack/prerequisites build
