"""Cuts trades to their first seconds, and compares the times of a replay's messages with the recorded ones."""

import csv
import json
import os
import statistics
import sys
from datetime import datetime

from confluent_kafka import Consumer, TopicPartition


def milliseconds(row):
    return datetime.fromisoformat(row["exchange_timestamp"]).timestamp() * 1000


def cut(path, seconds):
    with open(path, newline="") as file:
        rows = csv.DictReader(file)
        out = csv.DictWriter(sys.stdout, rows.fieldnames, lineterminator="\n")
        out.writeheader()
        first = None
        for row in rows:
            first = first or milliseconds(row)
            if milliseconds(row) >= first + int(seconds) * 1000:
                break
            out.writerow(row)


def written(topic, count):
    """The brokers' times of the messages, in their order."""
    consumer = Consumer({"bootstrap.servers": os.environ["K2_TEST_BOOTSTRAP_SERVERS"], "group.id": "replay"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    times = []
    while len(times) < count:
        message = consumer.poll(20)
        if message is None or message.error():
            sys.exit(f"error: {len(times)} of {count} messages arrived")
        times.append(message.timestamp()[1])
    consumer.close()
    return times


def judge(path, speed, batches, topic):
    with open(path, newline="") as file:
        recorded = [milliseconds(row) for row in csv.DictReader(file)]
    with open(batches) as file:
        batches = json.load(file)
    times = written(topic, len(recorded))
    factor = float(speed.rstrip("x"))
    late = [time - times[0] - (due - recorded[0]) / factor for time, due in zip(times, recorded)]
    far = sorted(abs(value) for value in late)
    print("| rows | speed | seconds | batches | median, ms | 99 of 100, ms | farthest, ms | earliest, ms |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {len(recorded)} | {speed} | {(times[-1] - times[0]) / 1000:.1f} | {batches['batches']} "
        f"| {statistics.median(far):.1f} | {far[len(far) * 99 // 100]:.1f} | {far[-1]:.1f} | {min(late):.1f} |"
    )


{"cut": cut, "judge": judge}[sys.argv[1]](*sys.argv[2:])
