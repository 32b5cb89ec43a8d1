"""Reads the events of a folder as TensorBoard does, with Google's protobuf and TensorBoard's own messages, and prints them as JSON.

TensorBoard is in no Debian release. Its messages are written down here with the numbers and types of its .proto files
(https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto, tensorboard/plugins/hparams/plugin_data.proto), as far as the
library writes them; a field that is none of theirs is refused. With --against-tensorboard, where that is installed, they are compared with its own.
"""

import glob
import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2

FIELD = descriptor_pb2.FieldDescriptorProto
KINDS = {
    "double": FIELD.TYPE_DOUBLE,
    "float": FIELD.TYPE_FLOAT,
    "int64": FIELD.TYPE_INT64,
    "int32": FIELD.TYPE_INT32,
    "string": FIELD.TYPE_STRING,
    "bytes": FIELD.TYPE_BYTES,
}
# Of each message its fields: number, name, type; "[]" is a repeated one. An enum is an int32 on the wire.
MESSAGES = {
    "Event": [(1, "wall_time", "double"), (2, "step", "int64"), (3, "file_version", "string"), (5, "summary", "Summary")],
    "Summary": [(1, "value", "Value[]")],
    "Value": [
        (1, "tag", "string"), (2, "simple_value", "float"), (4, "image", "Image"),
        (5, "histo", "Histogram"), (8, "tensor", "Tensor"), (9, "metadata", "Metadata"),
    ],
    "Tensor": [(1, "dtype", "int32"), (2, "tensor_shape", "bytes"), (5, "float_val", "float[]")],
    "Image": [(1, "height", "int32"), (2, "width", "int32"), (3, "colorspace", "int32"), (4, "encoded_image_string", "bytes")],
    "Histogram": [
        (1, "min", "double"), (2, "max", "double"), (3, "num", "double"), (4, "sum", "double"),
        (5, "sum_squares", "double"), (6, "bucket_limit", "double[]"), (7, "bucket", "double[]"),
    ],
    "Metadata": [(1, "plugin_data", "PluginData"), (2, "display_name", "string"), (4, "data_class", "int32")],
    "PluginData": [(1, "plugin_name", "string"), (2, "content", "bytes")],
    "HParams": [
        (1, "version", "int32"), (2, "experiment", "bytes"), (3, "session_start_info", "Start"), (4, "session_end_info", "End"),
    ],
    "Start": [(1, "hparams", "Pair[]"), (4, "group_name", "string"), (5, "start_time_secs", "double")],
    "Pair": [(1, "key", "string"), (2, "value", ".google.protobuf.Value")],
    "End": [(1, "status", "int32"), (2, "end_time_secs", "double")],
}
THEIRS = {"Value": "Summary.Value", "Image": "Summary.Image", "Histogram": "HistogramProto", "Metadata": "SummaryMetadata",
          "Tensor": "TensorProto",
          "PluginData": "SummaryMetadata.PluginData", "HParams": "HParamsPluginData", "Start": "SessionStartInfo",
          "Pair": "SessionStartInfo.HparamsEntry", "End": "SessionEndInfo"}


def messages():
    file = descriptor_pb2.FileDescriptorProto(name="events.proto", package="events", syntax="proto3")
    file.dependency.append("google/protobuf/struct.proto")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, kind in fields:
            repeated, kind = kind.endswith("[]"), kind.replace("[]", "")
            made = message.field.add(name=field, number=number)
            made.label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
            made.type = KINDS.get(kind, FIELD.TYPE_MESSAGE)
            if kind not in KINDS:
                made.type_name = kind if kind.startswith(".") else ".events." + kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    try:
        from google.protobuf.message_factory import GetMessageClass
    except ImportError:
        from google.protobuf.message_factory import MessageFactory

        GetMessageClass = MessageFactory(pool).GetPrototype
    return {name: GetMessageClass(pool.FindMessageTypeByName("events." + name)) for name in MESSAGES}


TYPES = messages()


def parsed(name, data):
    message = TYPES[name]()
    message.ParseFromString(data)
    known = TYPES[name]()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    if known.ByteSize() != message.ByteSize():
        sys.exit(f"{name} has a field that TensorBoard doesn't know, or one of another type: {data[:60]!r}")
    return message


def crc32c_table():
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


TABLE = list(crc32c_table())


def masked(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        length, of_length = struct.unpack_from("<QI", data, at)
        record = data[at + 12 : at + 12 + length]
        (of_record,) = struct.unpack_from("<I", data, at + 12 + length)
        if (of_length, of_record) != (masked(data[at : at + 8]), masked(record)):
            sys.exit(f"{path}: a checksum at byte {at} is wrong")
        yield record
        at += 16 + length


def against_tensorboard():
    """Compares the messages above with those of an installed TensorBoard."""
    from tensorboard.compat.proto import event_pb2, histogram_pb2, summary_pb2, tensor_pb2
    from tensorboard.plugins.hparams import plugin_data_pb2

    modules = [event_pb2, summary_pb2, histogram_pb2, tensor_pb2, plugin_data_pb2]
    for name, fields in MESSAGES.items():
        outer, *inner = THEIRS.get(name, name).split(".")
        found = next(m.DESCRIPTOR.message_types_by_name[outer] for m in modules if outer in m.DESCRIPTOR.message_types_by_name)
        for part in inner:
            found = found.nested_types_by_name[part]
        for number, field, kind in fields:
            theirs, ours = found.fields_by_number[number], TYPES[name].DESCRIPTOR.fields_by_number[number]
            same = theirs.type == ours.type or (theirs.type, kind) in [(FIELD.TYPE_ENUM, "int32"), (FIELD.TYPE_MESSAGE, "bytes")]
            if (theirs.name, theirs.is_repeated) != (field, ours.is_repeated) or not same:
                sys.exit(f"{name}.{field} is {theirs.name} of type {theirs.type} in TensorBoard")
    print("the messages are TensorBoard's")


def value(one):
    if one.HasField("image"):
        png = one.image.encoded_image_string
        return {"image": [*struct.unpack(">II", png[16:24]), one.image.width, one.image.height], "png": png[:8].hex()}
    if one.HasField("histo"):
        return {"histogram": [one.histo.num, sum(one.histo.bucket), len(one.histo.bucket_limit), one.histo.min, one.histo.max]}
    if one.metadata.plugin_data.plugin_name == "hparams":
        data = parsed("HParams", one.metadata.plugin_data.content)
        if data.HasField("session_end_info"):
            return {"end": data.session_end_info.status}
        pairs = [(pair.key, pair.value) for pair in data.session_start_info.hparams]
        return {"start": {key: getattr(own, own.WhichOneof("kind")) for key, own in pairs}}
    return {"scalar": one.simple_value}


def main(folder):
    events = []
    for path in sorted(glob.glob(folder + "/events.out.tfevents.*")):
        for i, record in enumerate(records(path)):
            event = parsed("Event", record)
            if i == 0 and event.file_version != "brain.Event:2":
                sys.exit(f"{path} begins with the version {event.file_version!r}")
            if i > 0:
                values = {one.tag: value(one) for one in event.summary.value}
                if len(values) != len(event.summary.value):
                    sys.exit(f"{path}: a tag occurs twice at step {event.step}")
                events.append({"step": event.step, "seconds": event.wall_time, "values": values})
    print(json.dumps(events))


against_tensorboard() if sys.argv[1] == "--against-tensorboard" else main(sys.argv[1])
