"""Loads a CSV file of trades as a Python program does: csv, confluent-kafka's AvroSerializer and Producer.

    python_producer.py BROKERS REGISTRY TOPIC FILE PROPERTY=VALUE...
"""

import csv
import datetime
import decimal
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, StringSerializer

brokers, registry, topic, path, *properties = sys.argv[1:]
failed = 0


def report(error, _message):
    global failed
    failed += error is not None


def trade(row):
    return {
        "symbol": row["symbol"],
        "company_id": int(row["company_id"]),
        "exchange": row["exchange"],
        "exchange_timestamp": datetime.datetime.fromisoformat(row["exchange_timestamp"]),
        "price": decimal.Decimal(row["price"]),
        "volume": int(row["volume"]),
        "qualifiers": int(row["qualifiers"]),
        "venue": row["venue"],
        "buyer_id": row["buyer_id"] or None,
        "ingestion_timestamp": datetime.datetime.fromisoformat(row["ingestion_timestamp"]),
        "sequence_number": int(row["sequence_number"]) if row["sequence_number"] else None,
    }


client = SchemaRegistryClient({"url": registry})
schema = client.get_latest_version(f"{topic}-value").schema.schema_str
value_of = AvroSerializer(client, schema, conf={"auto.register.schemas": False, "use.latest.version": True})
key_of = StringSerializer("utf_8")
producer = Producer({"bootstrap.servers": brokers} | dict(pair.split("=", 1) for pair in properties))
context = SerializationContext(topic, MessageField.VALUE)
with open(path, encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        while True:
            try:
                producer.produce(topic, value_of(trade(row), context), key_of(row["symbol"]), on_delivery=report)
                break
            except BufferError:
                producer.poll(0.01)
        producer.poll(0)
producer.flush()
sys.exit(f"{failed} messages were not delivered" if failed else 0)
