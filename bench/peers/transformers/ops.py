"""Times PyTorch's own ops on a GPU at the sizes and under the names of bench/Gpu/Cases: ops.py [--json OUT]. Seconds, medians. What PyTorch fuses only through its compiler is
compiled; `how` says so, and what failed. Short ops are captured as a CUDA graph where that is possible, as ours are: else their launches would be measured."""
import argparse
import json
import os
import statistics

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--json")
args = parser.parse_args()
device, bf16 = "cuda", torch.bfloat16
generator = torch.Generator(device).manual_seed(0)  # the default one does not survive a capture that fails
rows = {"versions": f"torch {torch.__version__}, CUDA {torch.version.cuda}", "figures": {}, "how": {}}
SHORT, ROUND, ROUNDS, CAPTURED, LEAD = 1e-4, 0.01, 5, 200, 0.05  # as in bench/Gpu/TimerSettings.cs
capturing = True

# Everything on one stream of its own: a backward pass runs on the stream of its forward pass, and the default one cannot be captured.
stream = torch.cuda.Stream()
torch.cuda.set_stream(stream)


def save():
    if args.json:
        with open(args.json + ".new", "w") as file:
            json.dump(rows, file, indent=1)
        os.replace(args.json + ".new", args.json)


def noise(*shape, dtype=bf16, grad=False):
    return (0.02 * torch.randn(*shape, device=device, dtype=torch.float32, generator=generator)).to(dtype).requires_grad_(grad)


def clock(times, run):
    start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(times):
        run()
    stop.record()
    torch.cuda.synchronize()
    return start.elapsed_time(stop) / times / 1000


def lead(run):
    """Keeps the GPU busy: it idled while something was compiled or captured, and its clocks fell."""
    busy = 0
    while busy < LEAD:
        busy += clock(1, run)


def capture(count, run):
    """A graph of so many calls, or None where the op cannot be captured; after one that cannot, PyTorch's memory is not fit for further ones."""
    global capturing
    if not capturing:
        return None
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph, stream=stream):
            for _ in range(count):
                run()
        return graph
    except Exception as error:
        capturing = False
        print(f"nothing is captured from here: {type(error).__name__}: {error}".split("\n")[0], flush=True)
        torch.cuda.set_stream(stream)
        torch.cuda.synchronize()
        return None


def measure(name, make, how, grad=False):
    """Times what make() returns. Whatever fails, in making it too, must not cost the others."""
    try:
        with torch.set_grad_enabled(grad):
            run = make()
            for _ in range(3):
                run()
            torch.cuda.synchronize()
            lead(run)
            about = max(clock(1, run), 1e-7)
            calls = int(max(1, min(1000, ROUND / about)))
            graph = capture(min(calls, CAPTURED), run) if about < SHORT else None
            if graph:
                calls, one, times = min(calls, CAPTURED), graph.replay, -(-calls // CAPTURED)
            else:
                calls, one, times = 1, run, calls
                how += ", launched one by one" if about < SHORT else ""
            lead(one)
            clock(times, one)
            rows["figures"][name] = statistics.median(clock(times, one) / calls for _ in range(ROUNDS))
            rows["how"][name] = how
    except Exception as error:
        rows["how"][name] = f"failed: {type(error).__name__}: {error}".split("\n")[0]
    print(f"{name}: {rows['figures'].get(name)} s, {rows['how'][name]}", flush=True)
    save()


def gradient(forward, inputs, dy):
    """The backward pass alone, of a graph that is made once."""
    output = forward()
    return lambda: torch.autograd.grad(output, inputs, dy, retain_graph=True)


def turns(function, choices):
    """Calls with one choice after the other, so that what is read comes from memory as it does in decoding."""
    state = [0]

    def run():
        state[0] += 1
        return function(*choices[state[0] % len(choices)])

    return run


def products():
    layers = (("qkv", 4096, 12288), ("o", 4096, 4096), ("gate_up", 4096, 22016), ("down", 11008, 4096))
    for name, inputs, outputs in layers:
        x, w, y = noise(8192, inputs), noise(outputs, inputs), noise(8192, outputs)
        measure(f"Linear.Forward {name} 8192", lambda: lambda: F.linear(x, w), "linear")
        measure(f"Linear.BackwardInput {name} 8192", lambda: lambda: y @ w, "matmul")
        measure(f"Linear.BackwardWeight {name} 8192", lambda: lambda: y.t() @ x, "matmul, bf16 out, no accumulation")
    for name, inputs, outputs in layers:
        weights = [(noise(outputs, inputs),) for _ in range(512_000_000 // (2 * inputs * outputs) + 1)]
        for count in (1, 8):
            x = noise(count, inputs)
            measure(f"Linear.Forward {name} {count}", lambda: turns(lambda w: F.linear(x, w), weights), "linear")
        del weights


def attentions():
    how = "scaled_dot_product_attention"
    for name, sequences, length, heads, kv_heads, size, causal in (
        ("causal 4x2048 d128", 4, 2048, 32, 32, 128, True),
        ("full 4x2048 d128", 4, 2048, 32, 32, 128, False),
        ("causal 1x8192 d128", 1, 8192, 32, 32, 128, True),
        ("causal gqa 4x2048 d128", 4, 2048, 32, 8, 128, True),
        ("full 64x577 d64", 64, 577, 16, 16, 64, False),
    ):
        q = noise(sequences, heads, length, size, grad=True)
        k, v = (noise(sequences, kv_heads, length, size, grad=True) for _ in range(2))

        def attend():
            return F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=kv_heads != heads)

        measure(f"Attention.Forward {name}", lambda: attend, how)
        dy = noise(sequences, heads, length, size)
        measure(f"Attention.Backward {name}", lambda: gradient(attend, (q, k, v), dy), f"{how}, autograd", grad=True)
    for kind, kv_heads in (("", 32), (" gqa", 8)):
        for length in (640, 1024, 4096):
            q = noise(1, 32, 1, 128)
            count = 512_000_000 // (4 * kv_heads * length * 128) + 1
            caches = [(noise(1, kv_heads, length, 128), noise(1, kv_heads, length, 128)) for _ in range(count)]
            measure(
                f"CachedAttention.AppendForward 1 of {length}{kind}",
                lambda: turns(lambda k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=kv_heads != 32), caches),
                f"{how}, nothing appended or rotated",
            )


def optimizer():
    count = 2**28
    p = noise(count, dtype=torch.float32)
    p.grad = noise(count, dtype=torch.float32)
    measure(f"AdamW.Update {count}", lambda: torch.optim.AdamW([p], lr=1e-5, fused=True).step, "fused AdamW on fp32 weights")
    measure(f"GradientNorm.Forward {count}", lambda: lambda: torch.linalg.vector_norm(p.grad), "vector_norm")


def plain():
    x, w, dy = noise(8192, 4096, grad=True), noise(4096, grad=True), noise(8192, 4096)
    measure("RmsNorm.Forward 8192x4096 without residual", lambda: lambda: F.rms_norm(x, (4096,), w, 1e-5), "rms_norm")
    measure("RmsNorm.Backward 8192x4096", lambda: gradient(lambda: F.rms_norm(x, (4096,), w, 1e-5), (x, w), dy), "rms_norm, autograd; 3 streams, ours 4", grad=True)
    v, vw, vb, vdy = noise(36928, 1024, grad=True), noise(1024, grad=True), noise(1024, grad=True), noise(36928, 1024)
    measure("LayerNorm.Forward 36928x1024 without residual", lambda: lambda: F.layer_norm(v, (1024,), vw, vb), "layer_norm")
    measure("LayerNorm.Backward 36928x1024", lambda: gradient(lambda: F.layer_norm(v, (1024,), vw, vb), (v, vw, vb), vdy), "layer_norm, autograd; 3 streams, ours 4", grad=True)
    h, g, wide = noise(8192, 11008, grad=True), noise(8192, 11008), noise(8192, 11008, dtype=torch.float32)
    measure("Gelu.Forward 8192x11008", lambda: lambda: F.gelu(h), "gelu")
    measure("Gelu.Backward 8192x11008", lambda: gradient(lambda: F.gelu(h), (h,), g), "gelu, autograd", grad=True)
    measure("Residual.Add 8192x11008", lambda: lambda: g.add_(h), "add_")
    measure("Move.Forward 8192x11008", lambda: lambda: g.copy_(h), "copy_")
    measure("Cast.Forward 8192x11008 to bf16", lambda: lambda: g.copy_(wide), "copy_")
    measure("Cast.Forward 8192x11008 to fp32", lambda: lambda: wide.copy_(h), "copy_")
    measure("Fill.Forward 8192x11008", lambda: lambda: g.fill_(1), "fill_")
    table, ids = noise(32064, 4096), torch.randint(0, 32064, (8192,), device=device, generator=generator)
    index, logits = torch.arange(0, 8192, 2, device=device), noise(1, 32064)
    measure("ColumnSum.Backward 8192x4096", lambda: lambda: dy.sum(0, dtype=torch.float32), "sum")
    measure("Embedding.Forward 8192x4096", lambda: lambda: F.embedding(ids, table), "embedding, no pictures")
    measure("GatherRows.Forward 4096x4096", lambda: lambda: dy.index_select(0, index), "index_select")
    measure("Sampling.Forward 32064 greedy", lambda: lambda: logits.argmax(-1), "argmax")


def compiled():
    x, delta, w = noise(8192, 4096), noise(8192, 4096), noise(4096)
    fused = torch.compile(lambda a, b, c: (a + b, F.rms_norm(a + b, (4096,), c, 1e-5)))
    measure("RmsNorm.Forward 8192x4096", lambda: lambda: fused(x, delta, w), "add + rms_norm, compiled")
    gate, up, dh = noise(8192, 11008, grad=True), noise(8192, 11008, grad=True), noise(8192, 11008)
    swiglu = torch.compile(lambda g, u: F.silu(g) * u)
    measure("SwiGlu.Forward 8192x11008", lambda: lambda: swiglu(gate, up), "compiled")
    measure("SwiGlu.Backward 8192x11008", lambda: gradient(lambda: swiglu(gate, up), (gate, up), dh), "compiled, autograd; 5 streams, ours 6", grad=True)
    logits, labels = noise(4096, 32064, grad=True), torch.randint(0, 32064, (4096,), device=device, generator=generator)
    loss = torch.compile(lambda z: F.cross_entropy(z.float(), labels))
    measure("CrossEntropy.Forward 4096x32064", lambda: lambda: loss(logits), "cross_entropy, compiled")
    measure("CrossEntropy.ForwardBackward 4096x32064", lambda: lambda: torch.autograd.grad(loss(logits), logits), "cross_entropy, compiled, autograd", grad=True)
    q, cos, sin = noise(8192, 64, 128), noise(8192, 1, 128), noise(8192, 1, 128)
    rope = torch.compile(lambda a: a * cos + torch.cat((-a[..., 64:], a[..., :64]), -1) * sin)
    measure("Rope.Forward 8192x(32+32)x128", lambda: lambda: rope(q), "compiled, not in place")
    v, vdelta, vw, vb = noise(36928, 1024), noise(36928, 1024), noise(1024), noise(1024)
    both = torch.compile(lambda a, b: (a + b, F.layer_norm(a + b, (1024,), vw, vb)))
    measure("LayerNorm.Forward 36928x1024", lambda: lambda: both(v, vdelta), "add + layer_norm, compiled")
    quick = torch.compile(lambda a: a * torch.sigmoid(1.702 * a))
    measure("QuickGelu.Forward 8192x11008", lambda: lambda: quick(gate), "compiled")
    measure("QuickGelu.Backward 8192x11008", lambda: gradient(lambda: quick(gate), (gate,), dh), "compiled, autograd", grad=True)


# Those that need the compiler last: it may take longer than there is time.
for group in (products, attentions, optimizer, plain, compiled):
    try:
        group()
        torch.cuda.empty_cache()
    except Exception as error:  # tensors that do not fit
        rows["how"][f"ops.py, {group.__name__}"] = f"failed: {type(error).__name__}: {error}".split("\n")[0]
        save()
