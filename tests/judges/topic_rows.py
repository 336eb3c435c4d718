"""Reads a topic with confluent-kafka, decodes it with fastavro, and compares it row by row with a JSONL file.

    topic_rows.py BOOTSTRAP_SERVERS REGISTRY_URL TOPIC FILE

The rows follow fixtures/schemas/trade_v2.avsc; `platform_sequence` is the row number in the file. Prints one object:
the numbers of rows, records and mismatches, the first mismatch, and for each field how often it was null or empty and
how often it was not.
"""

import datetime
import decimal
import io
import json
import mmap
import sys
import urllib.request
import uuid

import confluent_kafka
import fastavro

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
TIMES = ("timestamp", "ingestion_timestamp")
DECIMALS = ("price", "quantity")
WITH_DEFAULTS = {"trade_conditions": [], "source_sequence": None, "platform_sequence": None, "vendor_data": None}


class Rows:
    """The rows of the file by number, without keeping them in memory."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.starts = [0]
        at = self.bytes.find(b"\n")
        while at >= 0:
            self.starts.append(at + 1)
            at = self.bytes.find(b"\n", at + 1)
        if self.starts[-1] == len(self.bytes):
            self.starts.pop()

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, number):
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.bytes)
        return json.loads(self.bytes[start:end], parse_float=decimal.Decimal)


class Schemas:
    """The schemas of the registry by id."""

    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.known = {}

    def __getitem__(self, number):
        if number not in self.known:
            with self.opener.open(f"{self.url}/schemas/ids/{number}") as answer:
                self.known[number] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
        return self.known[number]


def difference(row, decoded):
    """Describes the first field that differs from the file."""
    row = {**WITH_DEFAULTS, **row}
    if row.keys() != decoded.keys():
        return f"the fields {sorted(row.keys() ^ decoded.keys())} are missing or unexpected"
    for name, value in decoded.items():
        expected = row[name]
        if name in TIMES:
            expected = datetime.datetime.fromisoformat(expected)
        elif name in DECIMALS:
            expected = decimal.Decimal(expected)
        elif name == "message_id":
            expected = uuid.UUID(expected)
        if expected != value:
            return f"`{name}` is {row[name]!r} in the file, {value!r} on the topic"
    return None


def records(bootstrap_servers, topic):
    """All records of the topic up to the current end of its partitions."""
    settings = {
        "bootstrap.servers": bootstrap_servers,
        "group.id": "topic-rows",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    }
    consumer = confluent_kafka.Consumer(settings)
    for partition in consumer.list_topics(topic, timeout=20).topics[topic].partitions:
        place = confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING)
        _, end = consumer.get_watermark_offsets(place, timeout=20)
        consumer.assign([place])
        while end > 0:
            batch = consumer.consume(10_000, timeout=20)
            if not batch:
                raise RuntimeError(f"partition {partition} returned nothing before its end at {end}")
            for record in batch:
                if record.error():
                    raise RuntimeError(record.error())
                if record.offset() < end:
                    yield record
            if batch[-1].offset() + 1 >= end:
                break
    consumer.close()


def main():
    bootstrap_servers, registry, topic, path = sys.argv[1:]
    rows, schemas = Rows(path), Schemas(registry)
    seen = bytearray(len(rows) + 1)
    last = {}
    used = {}
    verdict = {"rows": len(rows), "records": 0, "mismatches": 0, "first_mismatch": None}

    def mismatch(record, what):
        verdict["mismatches"] += 1
        if verdict["first_mismatch"] is None:
            verdict["first_mismatch"] = f"partition {record.partition()} offset {record.offset()}: {what}"

    for record in records(bootstrap_servers, topic):
        verdict["records"] += 1
        value = record.value()
        source = io.BytesIO(value)
        source.seek(5)
        decoded = fastavro.schemaless_reader(source, schemas[int.from_bytes(value[1:5], "big")], None)
        number = decoded["platform_sequence"]
        if value[0] != 0 or source.tell() != len(value):
            mismatch(record, "the message is not a header followed by one datum")
        elif not 0 < number <= len(rows) or seen[number]:
            mismatch(record, f"row {number} is not in the file, or is on the topic twice")
        elif last.get(record.partition(), 0) >= number:
            mismatch(record, f"row {number} follows row {last[record.partition()]}")
        else:
            seen[number] = 1
            last[record.partition()] = number
            row = rows[number]
            what = difference(row, decoded)
            if record.key() != row["symbol"].encode():
                what = f"the key is {record.key()!r}"
            if what:
                mismatch(record, f"row {number}: {what}")
        for name, value in decoded.items():
            counts = used.setdefault(name, [0, 0])
            counts[0 if value in (None, []) else 1] += 1
    verdict["fields"] = used
    print(json.dumps(verdict))


if __name__ == "__main__":
    main()
