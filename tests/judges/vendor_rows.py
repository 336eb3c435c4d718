"""Reads a topic with confluent-kafka, decodes it with fastavro, and compares it with the vendors' files it came from.

    vendor_rows.py BOOTSTRAP_SERVERS REGISTRY_URL TOPIC RUNS INGESTED KIND=FILE...

The topic has one partition, onto which the files were loaded RUNS times. What a row means is written here a second time,
with Python's own modules, for each KIND of docs/recipes. INGESTED is the constant `ingestion_timestamp`, or `now`.
Prints one object: the numbers of records and mismatches, and the first mismatch.
"""

import csv
import datetime
import decimal
import io
import json
import os
import re
import sys
import uuid
import zoneinfo

import fastavro

# An isolated Python does not look in the folder of the script, and nothing is written there.
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from topic_rows import EPOCH, Schemas, records  # noqa: E402

UTC = datetime.timezone.utc
SYDNEY, NEW_YORK = zoneinfo.ZoneInfo("Australia/Sydney"), zoneinfo.ZoneInfo("America/New_York")
TRADE_V2 = {"trade_conditions": [], "source_sequence": None, "platform_sequence": None, "vendor_data": None}
# Stands for the time of the load.
NOW = object()


def since_epoch(cell, per_second):
    """A whole number since 1970; digits below the microsecond are dropped."""
    return EPOCH + datetime.timedelta(microseconds=int(cell) * 10**6 // per_second)


def optional(cell):
    return decimal.Decimal(cell) if cell else None


def identity(*parts):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join(parts)))


def kept(**values):
    """A map without its empty values."""
    return {key: value for key, value in values.items() if value}


def company(path):
    folder = os.path.dirname(os.path.dirname(path))
    number = os.path.basename(path).removesuffix(".csv")
    with open(os.path.join(folder, "reference-data", "company_info.csv"), newline="") as file:
        symbols = {row["Company ID"]: row["Trading Symbol"] for row in csv.DictReader(file)}
    return number, symbols[number]


def sydney_time(date, time):
    local = datetime.datetime.strptime(f"{date} {time}", "%m/%d/%Y %H:%M:%S.%f")
    return local.replace(tzinfo=SYDNEY).astimezone(UTC)


def asx_trades(path, file):
    number, symbol = company(path)
    for date, time, price, volume, qualifiers, venue, buyer in csv.reader(file):
        yield {
            "symbol": symbol,
            "company_id": int(number),
            "exchange": "ASX",
            "exchange_timestamp": sydney_time(date, time),
            "price": decimal.Decimal(price),
            "volume": int(volume),
            "qualifiers": int(qualifiers),
            "venue": venue,
            "buyer_id": buyer or None,
            "ingestion_timestamp": NOW,
            "sequence_number": None,
        }


def asx_quotes(path, file):
    _, symbol = company(path)
    for row in csv.reader(file):
        date, time, bid, bid_volume, ask, ask_volume = row
        yield {
            "message_id": identity("asx-quote", os.path.basename(path), *row),
            "symbol": symbol,
            "exchange": "ASX",
            "asset_class": "EQUITY",
            "timestamp": sydney_time(date, time),
            "bid_price": optional(bid),
            "bid_quantity": optional(bid_volume),
            "ask_price": optional(ask),
            "ask_quantity": optional(ask_volume),
            "currency": "AUD",
            "ingestion_timestamp": NOW,
            "vendor_data": None,
        }


def tardis(_, file):
    exchanges = {"binance-futures": "BINANCE_FUTURES", "bitmex": "BITMEX", "deribit": "DERIBIT"}
    for row in csv.DictReader(file):
        exchange, number = row["exchange"], row["id"]
        values = (row[name] for name in ("exchange", "symbol", "id", "timestamp", "side", "price", "amount"))
        yield TRADE_V2 | {
            "message_id": identity(*values),
            "trade_id": number or f"{row['timestamp']}-{row['price']}-{row['amount']}",
            "symbol": row["symbol"],
            "exchange": exchanges.get(exchange, exchange.upper()),
            "asset_class": "CRYPTO",
            "timestamp": since_epoch(row["timestamp"], 10**6),
            "price": decimal.Decimal(row["price"]),
            "quantity": decimal.Decimal(row["amount"]),
            "currency": "USD",
            "side": row["side"].upper(),
            "ingestion_timestamp": since_epoch(row["local_timestamp"], 10**6),
            "vendor_data": kept(source="tardis.dev", exchange=exchange, id=number),
        }


def binance(market, per_second):
    def rows(path, file):
        symbol = os.path.basename(path).split("-")[0]
        lines = list(csv.reader(file))
        for number, price, quantity, quote_quantity, time, maker, *best in lines[market == "futures" :]:
            yield TRADE_V2 | {
                "message_id": identity(f"binance-{market}", symbol, number),
                "trade_id": number,
                "symbol": symbol,
                "exchange": {"spot": "BINANCE", "futures": "BINANCE_FUTURES"}[market],
                "asset_class": "CRYPTO",
                "timestamp": since_epoch(time, per_second),
                "price": decimal.Decimal(price),
                "quantity": decimal.Decimal(quantity),
                "currency": "USDT",
                "side": {"true": "SELL", "false": "BUY"}[maker.lower()],
                "source_sequence": int(number),
                "ingestion_timestamp": NOW,
                "vendor_data": kept(quote_quantity=quote_quantity, best_match="".join(best).lower()),
            }

    return rows


def truefx(_, file):
    for pair, time, bid, ask in csv.reader(file):
        utc = datetime.datetime.strptime(time, "%Y%m%d %H:%M:%S.%f").replace(tzinfo=UTC)
        yield {
            "message_id": identity("truefx", pair, time, bid, ask),
            "symbol": pair,
            "exchange": "TRUEFX",
            "asset_class": "FX",
            "timestamp": utc,
            "bid_price": decimal.Decimal(bid),
            "bid_quantity": None,
            "ask_price": decimal.Decimal(ask),
            "ask_quantity": None,
            "currency": pair[4:],
            "ingestion_timestamp": NOW,
            "vendor_data": None,
        }


def lobster(path, file):
    """All messages of the day, of which types 4 and 5 are trades."""
    name = os.path.basename(path)
    symbol, date, *_ = name.split("_")
    midnight = datetime.datetime.fromisoformat(date)
    for row in csv.reader(file):
        time, kind, order, size, price, direction = row
        if kind not in ("4", "5"):
            continue
        microseconds = int(decimal.Decimal(time) * 10**6)
        local = midnight + datetime.timedelta(microseconds=microseconds)
        yield TRADE_V2 | {
            "message_id": identity("lobster", name, *row),
            "trade_id": f"{order}-{time}",
            "symbol": symbol,
            "exchange": "NASDAQ",
            "asset_class": "EQUITY",
            "timestamp": local.replace(tzinfo=NEW_YORK).astimezone(UTC),
            "price": decimal.Decimal(price) / 10_000,
            "quantity": decimal.Decimal(size),
            "currency": "USD",
            "side": "UNKNOWN" if kind == "5" else {"1": "SELL", "-1": "BUY"}[direction],
            "ingestion_timestamp": NOW,
            "vendor_data": {"event_type": kind, "order_id": order, "direction": direction},
        }


def polygon(_, file):
    for row in csv.DictReader(file):
        parts = (row[name] for name in ("ticker", "exchange", "trf_id", "id", "sip_timestamp"))
        reported = row["trf_timestamp"]
        yield TRADE_V2 | {
            "message_id": identity("polygon", *parts),
            "trade_id": row["id"],
            "symbol": row["ticker"],
            "exchange": row["exchange"],
            "asset_class": "EQUITY",
            "timestamp": since_epoch(row["participant_timestamp"], 10**9),
            "price": decimal.Decimal(row["price"]),
            "quantity": decimal.Decimal(row["size"]),
            "currency": "USD",
            "side": "UNKNOWN",
            "trade_conditions": row["conditions"].split(",") if row["conditions"] else [],
            "source_sequence": int(row["sequence_number"]),
            "ingestion_timestamp": since_epoch(row["sip_timestamp"], 10**9),
            "vendor_data": kept(
                tape=row["tape"],
                correction=row["correction"],
                trf_id=row["trf_id"],
                trf_timestamp="" if reported == "0" else reported,
            ),
        }


def databento(_, file):
    exchanges = {"1": "GLBX", "2": "XNAS", "9": "XNYS"}
    identifying = ("publisher_id", "instrument_id", "ts_event", "sequence", "side", "price", "size")
    for row in csv.DictReader(file):
        yield TRADE_V2 | {
            "message_id": identity("databento", *(row[name] for name in identifying)),
            "trade_id": f"{row['instrument_id']}-{row['sequence']}",
            "symbol": row["symbol"],
            "exchange": exchanges[row["publisher_id"]],
            "asset_class": "FUTURE" if row["publisher_id"] == "1" else "EQUITY",
            "timestamp": since_epoch(row["ts_event"], 10**9),
            "price": decimal.Decimal(row["price"]).scaleb(-9),
            "quantity": decimal.Decimal(row["size"]),
            "currency": "USD",
            "side": {"A": "SELL", "B": "BUY", "N": "UNKNOWN"}[row["side"]],
            "source_sequence": int(row["sequence"]),
            "ingestion_timestamp": since_epoch(row["ts_recv"], 10**9),
            "vendor_data": {name: row[name] for name in ("flags", "ts_in_delta", "depth", "publisher_id")},
        }


def taq(path, file):
    """All lines of the file, of which the last one is not a trade."""
    date = datetime.datetime.strptime(re.search(r"\d{8}", path)[0], "%Y%m%d")
    name = os.path.basename(path)
    for row in list(csv.DictReader(file, delimiter="|"))[:-1]:
        time, number, trade = row["Time"], row["Sequence Number"], row["Trade Id"]
        seconds = int(time[:2]) * 3600 + int(time[2:4]) * 60 + int(time[4:6])
        local = date + datetime.timedelta(seconds=seconds, microseconds=int(time[6:12]))
        yield TRADE_V2 | {
            "message_id": identity("taq", name, row["Symbol"], row["Exchange"], number, trade),
            "trade_id": trade,
            "symbol": row["Symbol"].replace(" ", "."),
            "exchange": row["Exchange"],
            "asset_class": "EQUITY",
            "timestamp": local.replace(tzinfo=NEW_YORK).astimezone(UTC),
            "price": decimal.Decimal(row["Trade Price"]),
            "quantity": decimal.Decimal(row["Trade Volume"]),
            "currency": "USD",
            "side": "UNKNOWN",
            "source_sequence": int(number),
            "ingestion_timestamp": NOW,
            "vendor_data": kept(
                sale_condition=row["Sale Condition"],
                correction=row["Trade Correction Indicator"],
                source=row["Source of Trade"],
                facility=row["Trade Reporting Facility"],
                stop=row["Trade Stop Stock Indicator"],
            ),
        }


def nanoseconds(text):
    """A time in UTC; digits below the microsecond are dropped."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    utc = datetime.datetime.fromisoformat(seconds).replace(tzinfo=UTC)
    return utc + datetime.timedelta(microseconds=int(fraction.ljust(6, "0")[:6] or 0))


def messages(file):
    return [json.loads(line) for line in file]


def kraken(_, file):
    for pair, trades in json.load(file, parse_float=str)["result"].items():
        if pair == "last":
            continue
        for price, volume, time, side, kind, _, number in trades:
            microseconds = int(decimal.Decimal(time) * 10**6)
            yield TRADE_V2 | {
                "message_id": identity("kraken", pair, str(number)),
                "trade_id": str(number),
                "symbol": pair,
                "exchange": "KRAKEN",
                "asset_class": "CRYPTO",
                "timestamp": EPOCH + datetime.timedelta(microseconds=microseconds),
                "price": decimal.Decimal(price),
                "quantity": decimal.Decimal(volume),
                "currency": "USD",
                "side": {"b": "BUY", "s": "SELL"}[side],
                "source_sequence": number,
                "ingestion_timestamp": NOW,
                "vendor_data": {"order_type": {"m": "market", "l": "limit"}[kind]},
            }


def binance_rest(path, file):
    symbol = os.path.basename(path).removesuffix(".json")
    for trade in json.load(file):
        yield TRADE_V2 | {
            "message_id": identity("binance-spot", symbol, str(trade["id"])),
            "trade_id": str(trade["id"]),
            "symbol": symbol,
            "exchange": "BINANCE",
            "asset_class": "CRYPTO",
            "timestamp": since_epoch(trade["time"], 10**3),
            "price": decimal.Decimal(trade["price"]),
            "quantity": decimal.Decimal(trade["qty"]),
            "currency": "BTC",
            "side": "SELL" if trade["isBuyerMaker"] else "BUY",
            "source_sequence": trade["id"],
            "ingestion_timestamp": NOW,
            "vendor_data": {
                "quote_quantity": trade["quoteQty"],
                "best_match": json.dumps(trade["isBestMatch"]),
            },
        }


def coinbase(_, file):
    for message in messages(file):
        for event in message["events"]:
            for trade in event.get("trades", []):
                yield TRADE_V2 | {
                    "message_id": identity("coinbase", trade["product_id"], trade["trade_id"]),
                    "trade_id": trade["trade_id"],
                    "symbol": trade["product_id"],
                    "exchange": "COINBASE",
                    "asset_class": "CRYPTO",
                    "timestamp": nanoseconds(trade["time"]),
                    "price": decimal.Decimal(trade["price"]),
                    "quantity": decimal.Decimal(trade["size"]),
                    "currency": trade["product_id"].split("-")[1],
                    "side": {"BUY": "SELL", "SELL": "BUY"}[trade["side"]],
                    "ingestion_timestamp": nanoseconds(message["timestamp"]),
                    "platform_sequence": message["sequence_num"],
                    "vendor_data": {"event": event["type"]},
                }


def bybit(_, file):
    for message in messages(file):
        for trade in message.get("data", []):
            yield TRADE_V2 | {
                "message_id": identity("bybit", trade["s"], trade["i"]),
                "trade_id": trade["i"],
                "symbol": trade["s"],
                "exchange": "BYBIT",
                "asset_class": "CRYPTO",
                "timestamp": since_epoch(trade["T"], 10**3),
                "price": decimal.Decimal(trade["p"]),
                "quantity": decimal.Decimal(trade["v"]),
                "currency": "USDT",
                "side": trade["S"].upper(),
                "ingestion_timestamp": since_epoch(message["ts"], 10**3),
                "vendor_data": {
                    "tick": trade["L"],
                    "block_trade": json.dumps(trade["BT"]),
                    "topic": message["topic"],
                },
            }


def okx(_, file):
    for message in messages(file):
        for trade in message.get("data", []):
            yield TRADE_V2 | {
                "message_id": identity("okx", trade["instId"], trade["tradeId"]),
                "trade_id": trade["tradeId"],
                "symbol": trade["instId"],
                "exchange": "OKX",
                "asset_class": "CRYPTO",
                "timestamp": since_epoch(trade["ts"], 10**3),
                "price": decimal.Decimal(trade["px"]),
                "quantity": decimal.Decimal(trade["sz"]),
                "currency": trade["instId"].split("-")[1],
                "side": trade["side"].upper(),
                "ingestion_timestamp": NOW,
                "vendor_data": {"count": trade["count"], "channel": message["arg"]["channel"]},
            }


def deribit(_, file):
    answer = json.load(file, parse_float=str)
    for trade in answer["result"]["trades"]:
        yield TRADE_V2 | {
            "message_id": identity("deribit", trade["trade_id"]),
            "trade_id": trade["trade_id"],
            "symbol": trade["instrument_name"],
            "exchange": "DERIBIT",
            "asset_class": "FUTURE",
            "timestamp": since_epoch(trade["timestamp"], 10**3),
            "price": decimal.Decimal(trade["price"]),
            "quantity": decimal.Decimal(trade["amount"]),
            "currency": "USD",
            "side": trade["direction"].upper(),
            "source_sequence": trade["trade_seq"],
            "ingestion_timestamp": since_epoch(answer["usOut"], 10**6),
            "vendor_data": kept(
                tick_direction=str(trade["tick_direction"]),
                mark_price=trade["mark_price"],
                index_price=trade["index_price"],
                liquidation=trade.get("liquidation"),
            ),
        }


def fix(separator):
    """All messages of the session, of which trade reports and execution reports of trades are rows."""

    def utc(text):
        form = "%Y%m%d-%H:%M:%S.%f" if "." in text else "%Y%m%d-%H:%M:%S"
        return datetime.datetime.strptime(text, form).replace(tzinfo=UTC)

    def rows(_, file):
        for line in file:
            received, _, message = line.rstrip("\n").partition(" : ")
            tags = dict(reversed([tag.split("=", 1) for tag in message.split(separator) if tag]))
            kind = tags["35"]
            if not (kind == "AE" or kind == "8" and tags.get("150") == "F") or tags.get("487", "0") != "0":
                continue
            identifier = tags["571"] if kind == "AE" else tags["17"]
            taken = {"1": "BUY", "2": "SELL", "5": "SELL_SHORT"}
            given = {"1": "SELL", "2": "BUY", "5": "BUY"}
            sides = {"1": given, "2": taken}.get(tags.get("851"))
            security = tags.get("167")
            yield TRADE_V2 | {
                "message_id": identity("fix", tags["49"], tags.get("571", ""), tags.get("17", ""), tags["60"]),
                "trade_id": identifier,
                "symbol": tags["55"],
                "exchange": tags.get("207") or tags["30"],
                "asset_class": {None: "EQUITY", "CS": "EQUITY", "FUT": "FUTURE", "OPT": "OPTION"}[security],
                "timestamp": utc(tags["60"]),
                "price": decimal.Decimal(tags["31"]),
                "quantity": decimal.Decimal(tags["32"]),
                "currency": tags.get("15", "AUD"),
                "side": sides[tags["54"]] if sides else "UNKNOWN",
                "source_sequence": int(tags["34"]),
                "ingestion_timestamp": utc(received),
                "vendor_data": kept(message_type=kind, sender=tags["49"], security_type=security),
            }

    return rows


KINDS = {
    "asx-trades": asx_trades,
    "asx-quotes": asx_quotes,
    "tardis": tardis,
    "binance-spot-ms": binance("spot", 10**3),
    "binance-spot-us": binance("spot", 10**6),
    "binance-futures": binance("futures", 10**3),
    "truefx": truefx,
    "lobster": lobster,
    "polygon": polygon,
    "databento": databento,
    "taq": taq,
    "kraken": kraken,
    "binance-rest": binance_rest,
    "coinbase": coinbase,
    "bybit": bybit,
    "okx": okx,
    "deribit": deribit,
    "fix": fix("|"),
    "fix-soh": fix("\x01"),
}


def expected_rows(inputs):
    for text in inputs:
        kind, path = text.split("=", 1)
        with open(path, newline="") as file:
            yield from KINDS[kind](path, file)


def difference(expected, decoded, ingested):
    """Describes the first field that is not as expected."""
    if expected.keys() != decoded.keys():
        return f"the fields {sorted(expected.keys() ^ decoded.keys())} are missing or unexpected"
    for name, value in decoded.items():
        wanted = expected[name]
        if wanted is NOW and ingested is None:
            age = datetime.datetime.now(UTC) - value
            if datetime.timedelta(0) <= age < datetime.timedelta(hours=1):
                continue
            return f"`{name}` is {value!r}, which is not the time of the load"
        if wanted is NOW:
            wanted = ingested
        if str(wanted) != str(value) if name == "message_id" else wanted != value:
            return f"`{name}` should be {wanted!r}, but is {value!r}"
    return None


def main():
    bootstrap_servers, registry, topic, runs, ingested, *inputs = sys.argv[1:]
    ingested = None if ingested == "now" else datetime.datetime.fromisoformat(ingested)
    schemas, on_topic = Schemas(registry), list(records(bootstrap_servers, topic))
    rows = list(expected_rows(inputs))
    faults = []
    for index, record in enumerate(on_topic):
        value = record.value()
        source = io.BytesIO(value)
        source.seek(5)
        decoded = fastavro.schemaless_reader(source, schemas[int.from_bytes(value[1:5], "big")], None)
        row = rows[index % len(rows)]
        fault = difference(row, decoded, ingested)
        if value[0] != 0 or source.tell() != len(value):
            fault = "the message is not a header followed by one datum"
        elif record.key() != row["symbol"].encode():
            fault = f"the key is {record.key()!r}"
        elif value != on_topic[index % len(rows)].value():
            fault = "the bytes differ from those of the first run"
        if fault:
            faults.append(f"record {index + 1}: {fault}")
    if len(on_topic) != len(rows) * int(runs):
        faults.append(f"{len(on_topic)} records instead of {int(runs)} times {len(rows)}")
    print(json.dumps({"records": len(on_topic), "mismatches": len(faults), "first_mismatch": faults[:1]}))


main()
