"""Writes the Parquet files beside this script with pyarrow, and what they hold: pip install pyarrow; python write.py"""

import datetime as dt
import json
import os
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

here = os.path.dirname(os.path.abspath(__file__))
rows = range(40)


def some(of, every=7):
    return [None if i % every == 3 else of(i) for i in rows]


table = pa.table({
    "i8": pa.array([i - 20 for i in rows], pa.int8()),
    "i32": pa.array(some(lambda i: i * i * 7919 - 2**31), pa.int32()),
    "u32": pa.array([2**32 - 1 - i for i in rows], pa.uint32()),
    "i64": pa.array(some(lambda i: 2**53 - 1 - i if i % 2 else -(2**53) + 1 + i), pa.int64()),
    "big": pa.array([2**60 + i for i in rows], pa.int64()),
    "u64": pa.array([2**64 - 1 - i for i in rows], pa.uint64()),
    "f32": pa.array(some(lambda i: i / 8), pa.float32()),
    "f64": pa.array([i / 7 for i in rows], pa.float64()),
    "bool": pa.array(some(lambda i: i % 3 == 0), pa.bool_()),
    "text": pa.array(some(lambda i: ["red", "blue", 'grün, "x"', ""][i % 4])),
    "many": pa.array(["row %d of many" % i for i in rows]),
    "dict": pa.array(["abc"[i % 3] for i in rows]).dictionary_encode(),
    "dec": pa.array(some(lambda i: Decimal(i * 12345 - 1000).scaleb(-3)), pa.decimal128(12, 3)),
    "wide": pa.array([Decimal(10**30 + i).scaleb(-20) for i in rows], pa.decimal128(38, 20)),
    "date": pa.array(some(lambda i: dt.date(1969, 12, 20) + dt.timedelta(days=i * 37)), pa.date32()),
    "ms": pa.array([dt.datetime(2024, 1, 31, 12) + dt.timedelta(milliseconds=i * 1500) for i in rows], pa.timestamp("ms")),
    "us": pa.array([dt.datetime(1960, 1, 1) + dt.timedelta(microseconds=i * 1000001) for i in rows], pa.timestamp("us", "UTC")),
    "ns": pa.array([1700000000000000001 + i * 10**9 for i in rows], pa.int64()).cast(pa.timestamp("ns")),
    "time": pa.array([dt.time(i % 24, i, 5, i * 1000) for i in rows], pa.time64("us")),
    "none": pa.array([None for _ in rows], pa.float64()),
    "one": pa.array([5 for _ in rows], pa.int32()),
})


def fraction(part, digits):
    text = str(part).zfill(digits).rstrip("0")
    return f".{text}" if text else ""


def told(name, cell):
    """A cell as ISO 8601, JSON and numbers have it: null, a number, or a text."""
    if name == "ns":
        seconds, part = divmod(cell.value, 10**9)
        return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + fraction(part, 9)
    value = cell.as_py()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S") + fraction(value.microsecond, 6) + ("Z" if value.tzinfo else "")
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S") + fraction(value.microsecond, 6)
    return value.isoformat() if isinstance(value, dt.date) else value


def write(name, of, **options):
    pq.write_table(of, os.path.join(here, f"{name}.parquet"), **options)


with open(os.path.join(here, "expected.jsonl"), "w") as file:
    for name in table.column_names:
        file.write(json.dumps({"name": name, "cells": [told(name, cell) for cell in table[name]]}) + "\n")

write("snappy", table, compression="snappy", row_group_size=25)
write("gzip-v2", table, compression="gzip", data_page_version="2.0")
write("plain-crc", table, compression="none", use_dictionary=False, write_page_checksum=True)
split = dict.fromkeys(["u64", "f32", "f64", "dec"], "BYTE_STREAM_SPLIT")
packed = dict.fromkeys(["i32", "i64", "big", "date", "ns"], "DELTA_BINARY_PACKED")
texts = {"text": "DELTA_LENGTH_BYTE_ARRAY", "many": "DELTA_BYTE_ARRAY", "wide": "DELTA_BYTE_ARRAY", "bool": "RLE"}
write("deltas", table, compression="none", use_dictionary=False, column_encoding=split | packed | texts, data_page_version="2.0")
few = table.select(["i8", "text"])
for codec in ["brotli", "zstd", "lz4"]:
    write(codec, few, compression=codec)
write("int96", table.select(["ms", "us"]), use_deprecated_int96_timestamps=True)
write("nested", pa.table({"a": [1, 2], "list": [[1], [2, 3]], "struct": [{"x": 1}, {"x": 2}]}))
