"""Decodes data with fastavro; the protocol is the one of tests/stack/java/Judge.java.

Before fastavro gets the schema, each branch of a union is replaced by a record with one field, which is encoded to the
same bytes. This shows which branch was written even if the values of two branches look the same in Python (an int and
a long, a date and a time). For the value at the level of base types, the logical types are removed from the schema;
for its meaning they are kept.
"""

import datetime
import decimal
import io
import json
import math
import struct
import sys
import uuid

import fastavro

NAMED = ("record", "error", "enum", "fixed")
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


def full_name(schema, namespace):
    """The full name of a named type, and the namespace for names within it."""
    name = schema["name"]
    if "." in name:
        return name, name.rpartition(".")[0]
    namespace = schema.get("namespace", namespace)
    return (f"{namespace}.{name}" if namespace else name), namespace


class Schema:
    """A schema as given to fastavro, with the information for printing values."""

    def __init__(self, text):
        schema = json.loads(text)
        # fastavro must accept the original schema.
        fastavro.parse_schema(schema)
        self.shapes = {}
        self.wrappers = 0
        self.shape = self.read(schema, "")
        self.base = Decoder(self.rewrite(schema, "", False), self.shapes)
        self.meaning = Decoder(self.rewrite(schema, "", True), self.shapes)

    def read(self, schema, namespace):
        """(kind, details) of a type; a named type is stored once in `shapes` and referred to by name."""
        if isinstance(schema, str):
            if schema in PRIMITIVES:
                return (schema, None)
            name = schema if "." in schema or not namespace else f"{namespace}.{schema}"
            # A name without a dot that is not in the namespace is a name without a namespace.
            return ("name", name if name in self.shapes else schema)
        if isinstance(schema, list):
            branches = [self.read(branch, namespace) for branch in schema]
            return ("union", [(branch[1] if branch[0] == "name" else branch[0], branch) for branch in branches])
        kind = schema["type"]
        if kind == "array":
            return ("array", self.read(schema["items"], namespace))
        if kind == "map":
            return ("map", self.read(schema["values"], namespace))
        if kind not in NAMED:
            return self.read(kind, namespace)
        name, namespace = full_name(schema, namespace)
        self.shapes[name] = (kind, None)
        if kind in ("record", "error"):
            fields = [(field["name"], self.read(field["type"], namespace)) for field in schema["fields"]]
            self.shapes[name] = ("record", fields)
        return ("name", name)

    def rewrite(self, schema, namespace, with_types):
        """The schema with the branches of its unions wrapped, with or without its logical types."""
        if isinstance(schema, str):
            return schema
        if isinstance(schema, list):
            return [self.wrap(branch, namespace, with_types) for branch in schema]
        kind = schema["type"]
        if isinstance(kind, (dict, list)):
            return self.rewrite(kind, namespace, with_types)
        kept = ("type", "name", "namespace", "symbols", "size")
        if with_types:
            kept += ("logicalType", "precision", "scale")
        new = {key: value for key, value in schema.items() if key in kept}
        if kind in NAMED:
            _, namespace = full_name(schema, namespace)
        if kind == "array":
            new["items"] = self.rewrite(schema["items"], namespace, with_types)
        elif kind == "map":
            new["values"] = self.rewrite(schema["values"], namespace, with_types)
        elif kind in ("record", "error"):
            new["fields"] = [
                {"name": field["name"], "type": self.rewrite(field["type"], namespace, with_types)}
                for field in schema["fields"]
            ]
        return new

    def wrap(self, branch, namespace, with_types):
        self.wrappers += 1
        field = {"name": "branch", "type": self.rewrite(branch, namespace, with_types)}
        # The wrapper is in the enclosing namespace, so names within it still resolve to the same types.
        name = f"wrapper_of_a_branch_{self.wrappers}"
        return {"type": "record", "name": name, "namespace": namespace, "fields": [field]}


class Decoder:
    """Decodes with a rewritten schema; a union is an object with the written branch as its key."""

    def __init__(self, rewritten, shapes):
        self.indexes = wrapper_indexes(rewritten, {})
        self.shapes = shapes
        self.parsed = fastavro.parse_schema(rewritten)

    def decode(self, shape, datum):
        """The value as JSON, and the number of unread bytes."""
        source = io.BytesIO(datum)
        value = fastavro.schemaless_reader(source, self.parsed, None, return_record_name=True)
        return self.print(shape, value), len(datum) - source.tell()

    def print(self, shape, value):
        kind, details = shape
        if kind == "name":
            return self.print(self.shapes[details], value)
        if kind == "union":
            wrapper, content = value
            name, branch = details[self.indexes[wrapper]]
            return {name: self.print(branch, content["branch"])}
        if kind == "record":
            return {name: self.print(field, value[name]) for name, field in details}
        if kind == "array":
            return [self.print(details, item) for item in value]
        if kind == "map":
            return {key: self.print(details, item) for key, item in value.items()}
        return scalar(kind, value)


def scalar(kind, value):
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        return struct.pack(">f" if kind == "float" else ">d", value).hex()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, decimal.Decimal):
        sign, digits, exponent = value.as_tuple()
        unscaled = int("".join(map(str, digits)))
        return f"{-unscaled if sign else unscaled}/{-exponent}"
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime.datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        seconds, micros = divmod((zoned - EPOCH) // MICROSECOND, 1_000_000)
        return f"{seconds}.{micros:06}000"
    if isinstance(value, datetime.date):
        return str((value - EPOCH.date()).days)
    if isinstance(value, datetime.time):
        midnight = datetime.datetime.combine(EPOCH.date(), datetime.time())
        micros = (datetime.datetime.combine(EPOCH.date(), value) - midnight) // MICROSECOND
        return str(micros * 1000)
    return value


def wrapper_indexes(schema, indexes):
    """The index of the branch for each wrapper of a rewritten schema, by name."""
    if isinstance(schema, list):
        for index, branch in enumerate(schema):
            namespace, name = branch["namespace"], branch["name"]
            indexes[f"{namespace}.{name}" if namespace else name] = index
            wrapper_indexes(branch, indexes)
    elif isinstance(schema, dict):
        for key in ("type", "items", "values"):
            wrapper_indexes(schema.get(key), indexes)
        for field in schema.get("fields", ()):
            wrapper_indexes(field["type"], indexes)
    return indexes


def main():
    schema = None
    out = sys.stdout
    for line in sys.stdin:
        letter, text = line[0], line[2:].rstrip("\n")
        if letter == "F":
            out.flush()
            continue
        try:
            if letter == "S":
                schema = None
                schema = Schema(text)
                answer = {}
            else:
                datum = bytes.fromhex(text)
                value, left = schema.base.decode(schema.shape, datum)
                answer = {"value": value}
                if left:
                    answer["left"] = left
                try:
                    answer["meaning"], _ = schema.meaning.decode(schema.shape, datum)
                except Exception as error:  # For example a time outside the range of Python's datetime.
                    answer["no_meaning"] = f"{type(error).__name__}: {error}"
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        out.write(json.dumps(answer) + "\n")
    out.flush()


main()
