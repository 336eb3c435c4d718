"""Prints the examples in the Avro project's own Python tests, as lines of JSON.

{"schema": .., "valid": ..} for each example of a schema, and {"schema": .., "line": .., "datum": ..} for each pair of
a schema and a value: the value as a line of JSON, and the datum (hex) from the project's own writer.
"""

import datetime
import decimal
import io
import json
import uuid
import warnings

import avro.io
import avro.schema
from avro.test import test_io, test_schema

warnings.simplefilter("ignore")


def plain(value):
    """The value as it is written in a file."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def main():
    for example in test_schema.EXAMPLES:
        print(json.dumps({"schema": example.data if isinstance(example.data, str) else json.dumps(example.data),
                          "valid": bool(getattr(example, "valid", False))}))
    for text, value in test_io.SCHEMAS_TO_VALIDATE:
        out = io.BytesIO()
        avro.io.DatumWriter(avro.schema.parse(text)).write(value, avro.io.BinaryEncoder(out))
        print(json.dumps({"schema": text, "line": json.dumps(plain(value)), "datum": out.getvalue().hex()}))


main()
