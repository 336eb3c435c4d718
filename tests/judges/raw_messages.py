"""Reads all messages of a topic with confluent-kafka and prints each as JSON, without decoding anything.

usage: raw_messages.py BOOTSTRAP_SERVERS TOPIC [REGISTRY_URL]

Keys, values and header values are hexadecimal, or null. The messages are ordered by partition and offset. With a
registry, keys are decoded by fastavro: the id of the schema, and the datum.
"""

import io
import json
import sys
import urllib.request
import uuid

import fastavro
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition


def hexadecimal(data):
    return None if data is None else data.hex()


def decoded(data, registry):
    number = int.from_bytes(data[1:5], "big")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{registry}/schemas/ids/{number}") as answer:
        schema = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
    datum = io.BytesIO(data[5:])
    key = fastavro.schemaless_reader(datum, schema, None)
    if data[0] != 0 or datum.read():
        raise ValueError("the key is not a header followed by one datum")
    return {"id": number, "datum": key}


def main(servers, topic, registry=None):
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": str(uuid.uuid4()),
            "enable.auto.commit": False,
            # The last offsets can be those of transaction markers, which are never returned.
            "enable.partition.eof": True,
        }
    )
    found = []
    for partition in sorted(consumer.list_topics(topic, timeout=20).topics[topic].partitions):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
        consumer.assign([TopicPartition(topic, partition, low)])
        while low < high:
            message = consumer.poll(20)
            if message and message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                low = message.offset()
                continue
            if message is None or message.error():
                raise KafkaException(message and message.error())
            low = message.offset() + 1
            found.append(
                {
                    "partition": partition,
                    "key": decoded(message.key(), registry) if registry else hexadecimal(message.key()),
                    "value": hexadecimal(message.value()),
                    "timestamp": message.timestamp()[1],
                    "headers": [[name, hexadecimal(value)] for name, value in message.headers() or []],
                }
            )
    consumer.close()
    print(json.dumps(found))


main(*sys.argv[1:])
