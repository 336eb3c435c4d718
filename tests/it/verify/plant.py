"""Copies a topic to another one with Kafka's Python client, and plants differences on the way.

    plant.py BOOTSTRAP FROM TO EDITS

EDITS is a JSON list of objects with `edit`, the `partition` and the `index` of a message, and sometimes `to`. The bytes of
keys, values and headers are copied as they are.
"""

import json
import sys

from confluent_kafka import Consumer, Producer, TopicPartition

bootstrap, source, target, edits = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "plant", "enable.auto.commit": False})
partitions = sorted(consumer.list_topics(source, 30).topics[source].partitions)
copies = {}
for partition in partitions:
    low, high = consumer.get_watermark_offsets(TopicPartition(source, partition), 30)
    consumer.assign([TopicPartition(source, partition, low)])
    messages = copies[partition] = []
    while len(messages) < high - low:
        message = consumer.poll(30)
        assert message is not None and message.error() is None, message and message.error()
        messages.append([message.key(), message.value(), message.headers() or [], message.timestamp()[1]])
consumer.close()

aborted = 0
for edit in json.loads(edits):
    kind = edit["edit"]
    if kind == "abort":
        aborted += 1
        continue
    messages = copies[edit["partition"]]
    index = edit["index"]
    if kind == "delete":
        del messages[index]
    elif kind == "double":
        messages.insert(edit["to"], list(messages[index]))
    elif kind == "move":
        messages.insert(edit["to"], messages.pop(index))
    elif kind == "to partition":
        copies[edit["to"]].append(messages.pop(index))
    elif kind == "value":
        messages[index][1] = bytes.fromhex(edit["to"]) if edit["to"] is not None else None
    elif kind == "last byte":
        value = bytearray(messages[index][1])
        value[-1] ^= 2
        messages[index][1] = bytes(value)
    elif kind == "headers":
        messages[index][2] = [(name, value.encode()) for name, value in edit["to"]]
    elif kind == "time":
        messages[index][3] += edit["to"]
    elif kind == "foreign":
        messages.insert(index, [b"S0", b"not a datum", [], messages[0][3]])
    else:
        raise ValueError(kind)


def deliver(error, _message):
    assert error is None, error


settings = {"bootstrap.servers": bootstrap, "enable.idempotence": True}
if aborted:
    producer = Producer({**settings, "transactional.id": f"plant-{target}"})
    producer.init_transactions(60)
else:
    producer = Producer(settings)
for number in range(max(map(len, copies.values()), default=0)):
    if aborted and number % 7 == 0:
        producer.begin_transaction()
        for partition in partitions:
            producer.produce(target, b"never", b"S0", partition)
        producer.flush()
        producer.abort_transaction(60)
        producer.begin_transaction()
    for partition, messages in copies.items():
        for key, value, headers, time in messages[number : number + 1]:
            producer.produce(target, value, key, partition, deliver, headers=headers, timestamp=time)
    producer.poll(0)
    if aborted and number % 7 == 6:
        producer.commit_transaction(60)
if aborted and number % 7 != 6:
    producer.commit_transaction(60)
assert producer.flush(60) == 0
