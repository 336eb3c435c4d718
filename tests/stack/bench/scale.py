"""Loads inputs of very different shapes, and prints a table of what a row costs and of the memory.

    scale.py ROWS ROUNDS FOLDER

Each shape is compared with a plain one of the same size in rows, cells or bytes. The times are medians of whole processes.
Expects the variables of tests/stack/run, and `k2_produce` and `generate_trades`.
"""

import json
import os
import statistics
import subprocess
import sys
import time

largest, rounds, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
here = os.path.dirname(os.path.abspath(__file__))
trade_schema = os.path.abspath(os.path.join(here, "../../../fixtures/schemas/trade.avsc"))
env = os.environ
brokers, registry = env["K2_TEST_BOOTSTRAP_SERVERS"], env["K2_TEST_REGISTRY_URL"]


def generate(name, rows, seed=7):
    path = f"{folder}/{name}"
    subprocess.run(
        [env["generate_trades"], "--rows", str(rows), "--schema", "trade", "--seed", str(seed), "--output", path],
        check=True,
    )
    return path


def new_topic(name, schema, partitions):
    witness = f"{here}/../witness"
    subprocess.run([witness, "create-topic", "--topic", name, "--partitions", str(partitions)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([witness, "register", "--subject", f"{name}-value", "--schema-file", schema], check=True, stdout=subprocess.DEVNULL)


def load(topic, files):
    listed = f"{folder}/files.txt"
    with open(listed, "w", encoding="utf-8") as file:
        file.write("\n".join(files))
    command = [env["k2_produce"], "--summary", "json", "--topic", topic, "-b", brokers, "-r", registry, "--files-from", listed]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    summary = json.loads(output)
    assert status == 0, summary["errors"]
    return {
        "rows": summary["rows"]["delivered"],
        "seconds": time.monotonic() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mib": usage.ru_maxrss / 1024,
    }


def wide(columns, rows):
    """A schema, and a file with as many columns."""
    types = ["string", "long", "double", {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}]
    fields = [{"name": f"c{index}", "type": types[index % len(types)]} for index in range(columns)]
    schema, path = f"{folder}/wide{columns}.avsc", f"{folder}/wide{columns}.csv"
    with open(schema, "w", encoding="utf-8") as file:
        json.dump({"type": "record", "name": "Wide", "fields": fields}, file)
    cells = ["ABC{n}", "{n}", "{n}.5", "{n}.1234"]
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(field["name"] for field in fields) + "\n")
        for number in range(rows):
            # Others in each row, so that nothing is the same twice.
            row = [cells[index % len(cells)].replace("{n}", str(number * 7 + index)) for index in range(columns)]
            file.write(",".join(row) + "\n")
    return schema, path


def long(size, rows):
    """A schema with one string, and a file of rows of this size, in bytes."""
    schema, path = f"{folder}/long.avsc", f"{folder}/long{size}.csv"
    with open(schema, "w", encoding="utf-8") as file:
        json.dump({"type": "record", "name": "Long", "fields": [{"name": "text", "type": "string"}]}, file)
    alphabet = "".join(map(chr, range(ord("0"), ord("z"))))
    with open(path, "w", encoding="utf-8") as file:
        file.write("text\n")
        for number in range(rows):
            file.write((f"{number}:" + alphabet * (size // len(alphabet) + 1))[:size] + "\n")
    return schema, path


class Shape:
    """Files that are loaded, and how many units of something they have."""

    def __init__(self, name, files, units, unit, schema=trade_schema, partitions=3, rounds=rounds):
        self.name, self.files, self.units, self.unit = name, files, units, unit
        self.schema, self.partitions, self.rounds = schema, partitions, rounds
        self.runs = []

    def run(self, number):
        topic = f"scale.{shapes.index(self)}.{number}"
        new_topic(topic, self.schema, self.partitions)
        self.runs.append(load(topic, self.files))
        subprocess.run([f"{here}/../witness", "delete-topic", "--topic", topic], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def median(self, key):
        return statistics.median(run[key] for run in self.runs)

    def line(self):
        per_unit = self.median("cpu") / self.units * 1e9
        rate = statistics.median(run["rows"] / run["seconds"] for run in self.runs)
        memory = max(run["mib"] for run in self.runs)
        return f"| {self.name} | {rate:,.0f} | {per_unit:,.2f} for each {self.unit} | {memory:.0f} |"


few = largest // 10
part = generate("part.csv", few // 1000)
many_files = []
for index in range(1000):
    path = f"{folder}/part{index}.csv"
    os.symlink(part, path)
    many_files.append(path)
cells = largest // 5
narrow_schema, narrow_file = wide(10, cells // 10)
wide_schema, wide_file = wide(1000, cells // 1000)
size = largest * 20
_, short_rows = long(100, size // 100)
long_schema, long_rows = long(100_000, size // 100_000)
shapes = [
    Shape(f"{few:,} rows in one file", [generate("few.csv", few)], few, "row"),
    Shape(f"{largest:,} rows in one file", [generate("many.csv", largest)], largest, "row", rounds=1),
    Shape(f"{few:,} rows in 1,000 files", many_files, few, "row"),
    Shape(f"{few:,} rows to 200 partitions", [f"{folder}/few.csv"], few, "row", partitions=200),
    Shape(f"{cells // 10:,} rows with 10 columns", [narrow_file], cells, "cell", narrow_schema),
    Shape(f"{cells // 1000:,} rows with 1,000 columns", [wide_file], cells, "cell", wide_schema),
    Shape(f"{size // 100:,} rows of 100 bytes", [short_rows], size, "byte", long_schema),
    Shape(f"{size // 100_000:,} rows of 100,000 bytes", [long_rows], size, "byte", long_schema),
]
for number in range(rounds):
    for shape in shapes:
        if number < shape.rounds:
            shape.run(number)
            print(f"round {number + 1} of {rounds}: {shape.name}: {shape.runs[-1]}", file=sys.stderr)
print(f"{os.cpu_count()} cores; {rounds} rounds, of {largest:,} rows one\n")
print("| load | rows per second | CPU time, ns | most memory, MiB |\n|---|---|---|---|")
for shape in shapes:
    print(shape.line())
