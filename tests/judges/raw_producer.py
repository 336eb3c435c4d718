"""Sends messages as they are given, with confluent-kafka.

usage: raw_producer.py BOOTSTRAP_SERVERS TOPIC < MESSAGES

Standard input is a JSON array. Each element has `partition`, `key` and `value` (hexadecimal or null), and may have
`timestamp` (milliseconds), `headers` (pairs of a name and a hexadecimal value or null) and `transaction`: `commit` or
`abort` sends the message in a transaction of its own that ends like this.
"""

import json
import sys
import uuid

from confluent_kafka import Producer


def binary(text):
    return None if text is None else bytes.fromhex(text)


def main(servers, topic):
    plain = Producer({"bootstrap.servers": servers})
    transactional = None
    for message in json.load(sys.stdin):
        end = message.get("transaction")
        if end and not transactional:
            transactional = Producer({"bootstrap.servers": servers, "transactional.id": str(uuid.uuid4())})
            transactional.init_transactions(60)
        producer = transactional if end else plain
        if end:
            producer.begin_transaction()
        more = {"timestamp": message["timestamp"]} if "timestamp" in message else {}
        producer.produce(
            topic,
            partition=message["partition"],
            key=binary(message["key"]),
            value=binary(message["value"]),
            headers=[(name, binary(value)) for name, value in message.get("headers", [])],
            **more,
        )
        if producer.flush(60):
            raise SystemExit("a message was not delivered")
        if end == "commit":
            producer.commit_transaction(60)
        elif end == "abort":
            producer.abort_transaction(60)


main(*sys.argv[1:])
