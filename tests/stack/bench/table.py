"""Runs programs that do the same work in turn, and prints a table of their speed and CPU time.

    table.py ROWS ROUNDS FOLDER

Each round runs all programs, beginning with another one than the round before. Every run is noted in FOLDER/runs.jsonl: the
time and CPU time of the process, that of the broker meanwhile, and the largest resident memory. The table has medians, and
the smallest and largest rate. Expects the variables of tests/stack/run, and the paths of the programs in variables that
tests/stack/bench/run sets.
"""

import csv
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time

rows, rounds, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
here = os.path.dirname(os.path.abspath(__file__))
root = os.path.abspath(os.path.join(here, "../../.."))
env = os.environ
brokers, registry = env["K2_TEST_BOOTSTRAP_SERVERS"], env["K2_TEST_REGISTRY_URL"]
schema = f"{root}/fixtures/schemas/trade.avsc"
schema_v2 = f"{root}/fixtures/schemas/trade_v2.avsc"
PYTHON_SHARE = 10
V2_SHARE = 3
# Rows of the load that opens transactions: opening them takes the same time for any number of rows.
LARGE = rows * 5 // 2

# A vendor's file, with what its mapping makes of it: a time from a date and a time of day in Sydney, and constants.
MAPPING = """
[fields]
symbol = "Symbol"
company_id = "CompanyID"
exchange = '"ASX"'
exchange_timestamp = 'datetime("%m/%d/%Y %H:%M:%S%.f", Date, Time)'
price = "Price"
volume = "Volume"
qualifiers = "Qualifiers"
venue = "Venue"
buyer_id = "BuyerID"
ingestion_timestamp = '"2014-03-10T00:00:00Z"'
sequence_number = "Seq"

[rules]
tz = "Australia/Sydney"
"""
SYDNEY = datetime.timedelta(hours=11)


def settings(batch, linger, queue):
    """The same settings for every client of librdkafka."""
    return {
        "enable.idempotence": "true",
        "acks": "all",
        "compression.type": "lz4",
        "batch.size": str(batch),
        "linger.ms": str(linger),
        "queue.buffering.max.messages": str(queue),
    }


STANDARD = settings(32768, 10, 50_000)
THROUGHPUT = settings(524_288, 50, 100_000)


def pairs(properties):
    return [f"{name}={value}" for name, value in properties.items()]


def generate(name, count, kind="trade", form="csv"):
    path = f"{folder}/{name}"
    subprocess.run(
        [env["generate_trades"], "--rows", str(count), "--schema", kind, "--format", form, "--seed", "7", "--output", path],
        check=True,
    )
    return path


def witness(*arguments):
    return subprocess.run([f"{here}/../witness", *arguments], check=True, capture_output=True, text=True).stdout


class Run:
    """A program that is run once in each round."""

    topics = set()

    def __init__(self, name, command, count=rows, topic=None, own_figures=False, schema_file=schema):
        self.name, self.count, self.topic = name, count, topic
        self.command, self.own_figures = command, own_figures
        self.runs = []
        if topic and topic not in Run.topics:
            Run.topics.add(topic)
            witness("create-topic", "--topic", topic, "--partitions", "3")
            witness("register", "--subject", f"{topic}-value", "--schema-file", schema_file)


def load(name, topic, file, *options, **more):
    command = [env["k2_produce"], "--quiet", "--topic", topic, "-b", brokers, "-r", registry, *options, file]
    return Run(name, command, topic=topic, **more)


def dry(name, schema_file, file, *options, **more):
    return Run(name, [env["k2_produce"], "--quiet", "--dry-run", "--topic", "t", "--schema-file", schema_file, *options, file], **more)


def alone(name, how, topic, properties):
    command = [env["librdkafka_alone"], how, topic, schema, csv_file, f"bootstrap.servers={brokers}", *pairs(properties)]
    return Run(name, command, topic=topic, own_figures=True)


def java(name, topic, batch, linger):
    return Run(
        name,
        [
            *[f"{env['jdk']}/bin/java", "-Xmx1g", "-cp", f"{env['stack']}/jars/*"],
            f"-Dlog4j2.configurationFile={here}/../log4j2-witness.xml",
            *["org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", str(rows)],
            *["--throughput", "-1", "--payload-file", lines_file, "--producer-props", f"bootstrap.servers={brokers}"],
            *["acks=all", "enable.idempotence=true", "compression.type=lz4", f"batch.size={batch}", f"linger.ms={linger}"],
        ],
        topic=topic,
    )


def kcat(name, topic, properties):
    options = [word for pair in pairs(properties) for word in ("-X", pair)]
    return Run(name, ["kcat", "-P", "-b", brokers, "-t", topic, *options, "-l", lines_file], topic=topic)


def broker_cpu():
    """The CPU time of the broker so far, in seconds."""
    total = 0
    for pid in env["K2_TEST_KAFKA_PID"].split():
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def measure(run, number):
    broker, start = broker_cpu(), time.monotonic()
    with open(f"{folder}/output.txt", "w+", encoding="utf-8") as output:
        process = subprocess.Popen(run.command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        output.seek(0)
        text = output.read()
    if status != 0:
        sys.exit(f"{run.name} failed ({os.waitstatus_to_exitcode(status)}):\n{text}")
    cpu = usage.ru_utime + usage.ru_stime
    if run.own_figures:
        seconds, cpu = map(float, text.split())
    noted = {
        "name": run.name,
        "round": number,
        "rows": run.count,
        "seconds": seconds,
        "cpu": cpu,
        "broker": broker_cpu() - broker,
        "mib": usage.ru_maxrss / 1024,
        "kafka": run.topic is not None,
    }
    run.runs.append(noted)
    if number < 0:
        return
    with open(f"{folder}/runs.jsonl", "a", encoding="utf-8") as file:
        print(json.dumps(noted), file=file)


def median(run, key):
    return statistics.median(noted[key] for noted in run.runs)


def rate(noted):
    return noted["rows"] / noted["seconds"]


def thousands(number):
    return f"{number / 1e3:,.0f}k"


def print_table(title, runs):
    print(f"\n| {title} | rows per second | CPU s, 1M rows | of the broker | MiB |\n|---|---|---|---|---|")
    for run in runs:
        rates = sorted(map(rate, run.runs))
        millions = run.count / 1e6
        broker = f"{median(run, 'broker') / millions:.2f}" if run.topic else ""
        memory = max(noted["mib"] for noted in run.runs)
        print(
            f"| {run.name} | {thousands(statistics.median(rates))} ({thousands(rates[0])} to {thousands(rates[-1])}) "
            f"| {median(run, 'cpu') / millions:.3f} | {broker} | {memory:.0f} |"
        )


def ratio(one, other, value):
    """The median of the rounds' ratios."""
    return statistics.median(value(a) / value(b) for a, b in zip(one.runs, other.runs))


def cpu(noted):
    return noted["cpu"] / noted["rows"]


def vendor_files(source):
    """The trades as a vendor writes them with a mapping, and in the schema's own columns."""
    vendor_path, own_path, map_path = (f"{folder}/{name}" for name in ("vendor.csv", "own.csv", "vendor.toml"))
    with open(map_path, "w", encoding="utf-8") as file:
        file.write(MAPPING)
    with (
        open(source, encoding="utf-8", newline="") as trades,
        open(vendor_path, "w", encoding="utf-8", newline="") as vendor,
        open(own_path, "w", encoding="utf-8", newline="") as own,
    ):
        vendor, own = csv.writer(vendor), csv.writer(own)
        reader = csv.reader(trades)
        own.writerow(next(reader))
        vendor.writerow("Symbol,CompanyID,Date,Time,Price,Volume,Qualifiers,Venue,BuyerID,Seq".split(","))
        for symbol, company, _, utc, price, volume, qualifiers, venue, buyer, _, number in reader:
            local = datetime.datetime.fromisoformat(utc.removesuffix("Z")) + SYDNEY
            day, time_of_day = local.strftime("%m/%d/%Y"), local.isoformat(timespec="milliseconds")[11:]
            sold = [price, volume, qualifiers, venue, buyer]
            vendor.writerow([symbol, company, day, time_of_day, *sold, number])
            time = local.isoformat(timespec="milliseconds") + "+11:00"
            own.writerow([symbol, company, "ASX", time, *sold, "2014-03-10T00:00:00Z", number])
    return vendor_path, own_path, map_path


csv_file = generate("trades.csv", rows)
jsonl_file = generate("trades.jsonl", rows, form="jsonl")
v2_file = generate("trades_v2.jsonl", rows // V2_SHARE, kind="trade_v2", form="jsonl")
large_file = generate("large.csv", LARGE)
few_file = generate("few.csv", rows // PYTHON_SHARE)
small_file = generate("small.csv", 3_000)
vendor_file, own_file, mapping_file = vendor_files(csv_file)
lines_file = f"{folder}/lines.txt"
subprocess.run(f"tail -n +2 {csv_file} >{lines_file}", shell=True, check=True)
subprocess.run(f"gzip -k -1 {csv_file}", shell=True, check=True)

throughput = ["--preset", "throughput"]
standard = load("k2-produce, CSV", "bench.csv", csv_file)
fast = load("k2-produce, CSV, preset throughput", "bench.fast", csv_file, *throughput)
fast_jsonl = load("k2-produce, JSONL, preset throughput", "bench.jsonl", jsonl_file, *throughput)
fast_gzip = load("k2-produce, gzip CSV, preset throughput", "bench.gzip", f"{csv_file}.gz", *throughput)
header = load("k2-produce, CSV, preset throughput, one header", "bench.header", csv_file, *throughput, "--header", "source=asx")
mapped = load("k2-produce, a vendor's CSV with a mapping, preset throughput", "bench.mapped", vendor_file, *throughput, "--map", mapping_file)
own = load("k2-produce, the same in the schema's columns", "bench.own", own_file, *throughput)
plain = load("k2-produce, more rows of CSV, preset throughput", "bench.plain", large_file, *throughput, count=LARGE)
once = load(
    *["k2-produce, the same, exactly once", "bench.once", large_file, *throughput, "--exactly-once", "--restart"],
    count=LARGE,
)
latency = load("k2-produce, CSV, preset latency", "bench.latency", csv_file, "--preset", "latency")
single = alone("librdkafka, encoded records one by one", "single", "bench.single", STANDARD)
batches = alone("librdkafka, encoded records in batches", "batch", "bench.batches", STANDARD)
fast_batches = alone("librdkafka, encoded records in large batches", "batch", "bench.fastbatches", THROUGHPUT)
raw = kcat("kcat, the lines as they are", "bench.kcat", STANDARD)
performance = java("Java's ProducerPerformance, the lines as they are", "bench.java", 32768, 10)
python = Run(
    "Python, confluent-kafka's AvroSerializer",
    [f"{here}/../python", f"{here}/python_producer.py", brokers, registry, "bench.python", few_file, *pairs(STANDARD)],
    count=rows // PYTHON_SHARE,
    topic="bench.python",
)
verified = load("", "bench.verified", csv_file, *throughput)
verify = load("k2-produce verify", "bench.verified", csv_file)
verify.command.insert(1, "verify")
small = load("k2-produce, 3,000 rows", "bench.small", small_file, count=3_000)
measure(verified, -1)
loads = [standard, fast, fast_jsonl, fast_gzip, header, mapped, own, plain, once, latency, single, batches, fast_batches, raw, performance, python, small]
readers = [verify]

dry_csv = dry("CSV", schema, csv_file)
dry_csv_1 = dry("CSV, one encoder thread", schema, csv_file, "--threads", "1")
dry_jsonl = dry("JSONL", schema, jsonl_file)
dry_v2 = dry("TradeV2 JSONL", schema_v2, v2_file, count=rows // V2_SHARE)
dry_v2_1 = dry("TradeV2 JSONL, one core", schema_v2, v2_file, count=rows // V2_SHARE)
dry_v2_1.command = ["taskset", "-c", "0", *dry_v2_1.command]
read_csv = Run("rust-csv's ByteRecord, reading alone", [env["read_alone"], "csv", csv_file])
read_json = Run("serde_json's Value, reading alone", [env["read_alone"], "json", jsonl_file])
drys = [dry_csv, dry_csv_1, dry_jsonl, dry_v2, dry_v2_1, read_csv, read_json]

everything = loads + readers + drys
for number in range(rounds):
    first = number % len(everything)
    for run in everything[first:] + everything[:first]:
        measure(run, number)
        print(f"round {number + 1} of {rounds}: {run.name}: {thousands(rate(run.runs[-1]))}", file=sys.stderr)

for run in loads:
    described = witness("describe-topic", "--topic", run.topic)
    partitions = json.loads(described)["partitions"] if described.lstrip().startswith("{") else []
    found = sum(partition["end_offset"] for partition in partitions)
    # A transaction's markers take offsets too.
    expected = run.count * rounds
    if found < expected or (found > expected and run is not once):
        sys.exit(f"{run.name}: {found} of {expected} records arrived")

def version_in(text, pattern):
    match = re.search(pattern, text)
    return match[1] if match else "of an unknown version"


def content(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def others():
    """The versions of everything else that the figures depend on."""
    stack = f"{here}/.."
    kcat_version = subprocess.run(["kcat", "-V"], capture_output=True, text=True, check=True).stdout
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    csv_bytes, jsonl_bytes = os.path.getsize(csv_file) / rows, os.path.getsize(jsonl_file) / rows
    return ", ".join(
        [
            f"Linux {platform.release()} with {memory:.0f} GiB",
            "Apache Kafka " + version_in(content(f"{stack}/pom.xml"), "<kafka.version>(.*?)<"),
            "Java " + version_in(content(env["jdk"] + "/release"), 'JAVA_VERSION="(.*?)"'),
            "kcat " + version_in(kcat_version, "Version (.*?) "),
            "confluent-kafka " + version_in(content(f"{stack}/requirements.txt"), "confluent-kafka.*?==(.*)"),
            f"{csv_bytes:.0f} bytes for each row of CSV and {jsonl_bytes:.0f} of JSONL",
        ]
    )


with open("/proc/cpuinfo", encoding="utf-8") as file:
    model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
version = subprocess.run([env["k2_produce"], "--version"], capture_output=True, text=True, check=True).stdout.strip()
commit = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
today = datetime.date.today().isoformat()
print(f"{today}: {os.cpu_count()} cores, {model}; {rows:,} rows, {rounds} rounds; {version}, commit {commit}; {others()}")
print(f"\nSettings: {', '.join(pairs(STANDARD))}; with the preset throughput and large batches {', '.join(pairs(THROUGHPUT))}.")
print_table("load", loads)
print_table("comparison of the topic with the file", readers)
print_table("without Kafka", drys)
print("\n| ratio | median |\n|---|---|")
for name, value in [
    ("CPU: CSV dry run, one encoder / rust-csv's reading", ratio(dry_csv_1, read_csv, cpu)),
    ("rows/s: JSONL dry run / CSV dry run", ratio(dry_jsonl, dry_csv, rate)),
    ("rows/s: TradeV2 JSONL dry run, all cores / one", ratio(dry_v2, dry_v2_1, rate)),
    ("CPU: load, preset throughput / librdkafka in large batches", ratio(fast, fast_batches, cpu)),
    ("rows/s: load, preset throughput / librdkafka in large batches", ratio(fast, fast_batches, rate)),
    ("rows/s: load / librdkafka one by one", ratio(standard, single, rate)),
    ("rows/s: load / kcat", ratio(standard, raw, rate)),
    ("rows/s: load / ProducerPerformance", ratio(standard, performance, rate)),
    ("rows/s: load / Python", ratio(standard, python, rate)),
    ("rows/s: preset throughput / standard", ratio(fast, standard, rate)),
    ("rows/s: one header / none", ratio(header, fast, rate)),
    ("rows/s: exactly once / plain", ratio(once, plain, rate)),
    ("rows/s: gzip CSV / CSV", ratio(fast_gzip, fast, rate)),
    ("rows/s: verify / load", ratio(verify, standard, rate)),
    ("rows/s: a vendor's CSV with a mapping / without", ratio(mapped, own, rate)),
]:
    print(f"| {name} | {value:.2f} |")
print(f"\n3,000 rows, whole process: {median(small, 'seconds'):.3f} s")
