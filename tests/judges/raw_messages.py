"""Reads all messages of a topic with confluent-kafka and prints each as JSON, without decoding anything.

usage: raw_messages.py BOOTSTRAP_SERVERS TOPIC

Keys, values and header values are hexadecimal, or null. The messages are ordered by partition and offset.
"""

import json
import sys
import uuid

from confluent_kafka import Consumer, KafkaException, TopicPartition


def hexadecimal(data):
    return None if data is None else data.hex()


def main(servers, topic):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": str(uuid.uuid4()), "enable.auto.commit": False})
    found = []
    for partition in sorted(consumer.list_topics(topic, timeout=20).topics[topic].partitions):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
        consumer.assign([TopicPartition(topic, partition, low)])
        while low < high:
            message = consumer.poll(20)
            if message is None or message.error():
                raise KafkaException(message and message.error())
            low = message.offset() + 1
            found.append(
                {
                    "partition": partition,
                    "key": hexadecimal(message.key()),
                    "value": hexadecimal(message.value()),
                    "timestamp": message.timestamp()[1],
                    "headers": [[name, hexadecimal(value)] for name, value in message.headers() or []],
                }
            )
    consumer.close()
    print(json.dumps(found))


main(*sys.argv[1:])
