"""Times PyTorch's own ops on a GPU at the sizes and under the names of bench/Gpu/Cases: ops.py [--json OUT]. Seconds, medians. What PyTorch fuses only through its compiler is
compiled (marked so in `how`)."""
import argparse
import json
import statistics

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--json")
args = parser.parse_args()
torch.manual_seed(0)
device, bf16 = "cuda", torch.bfloat16
rows = {"versions": f"torch {torch.__version__}, CUDA {torch.version.cuda}", "figures": {}, "how": {}}


def noise(*shape, dtype=bf16, grad=False):
    return (0.02 * torch.randn(*shape, device=device, dtype=torch.float32)).to(dtype).requires_grad_(grad)


def measure(name, run, how):
    try:
        for _ in range(3):
            run()
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run()
        stop.record()
        torch.cuda.synchronize()
        calls = max(1, min(1000, int(10 / max(start.elapsed_time(stop), 1e-3))))
        times = []
        for _ in range(5):
            start.record()
            for _ in range(calls):
                run()
            stop.record()
            torch.cuda.synchronize()
            times.append(start.elapsed_time(stop) / calls / 1000)
        rows["figures"][name] = statistics.median(times)
        rows["how"][name] = how
    except Exception as error:  # one op that this version lacks must not cost the others
        rows["how"][name] = f"failed: {type(error).__name__}: {error}"
    torch.cuda.empty_cache()


def backward(output, inputs, gradient):
    return lambda: torch.autograd.grad(output, inputs, gradient, retain_graph=True)


def norms():
    x, delta, w = noise(8192, 4096, grad=True), noise(8192, 4096), noise(4096, grad=True)
    fused = torch.compile(lambda a, b, c: (a + b, F.rms_norm(a + b, (4096,), c, 1e-5)))
    with torch.no_grad():
        measure("RmsNorm.Forward 8192x4096", lambda: fused(x, delta, w), "add + rms_norm, compiled")
        measure("RmsNorm.Forward 8192x4096 without residual", lambda: F.rms_norm(x, (4096,), w, 1e-5), "rms_norm")
    measure("RmsNorm.Backward 8192x4096", backward(F.rms_norm(x, (4096,), w, 1e-5), (x, w), noise(8192, 4096)), "rms_norm, autograd; no residual")
    v, vd, vw, vb = noise(9232, 1024, grad=True), noise(9232, 1024), noise(1024, grad=True), noise(1024, grad=True)
    both = torch.compile(lambda a, b: (a + b, F.layer_norm(a + b, (1024,), vw, vb)))
    with torch.no_grad():
        measure("LayerNorm.Forward 9232x1024", lambda: both(v, vd), "add + layer_norm, compiled")
        measure("LayerNorm.Forward 9232x1024 without residual", lambda: F.layer_norm(v, (1024,), vw, vb), "layer_norm")
    measure("LayerNorm.Backward 9232x1024", backward(F.layer_norm(v, (1024,), vw, vb), (v, vw, vb), noise(9232, 1024)), "layer_norm, autograd; no residual")


def activations():
    gate, up = noise(8192, 11008, grad=True), noise(8192, 11008, grad=True)
    swiglu = torch.compile(lambda g, u: F.silu(g) * u)
    with torch.no_grad():
        measure("SwiGlu.Forward 8192x11008", lambda: swiglu(gate, up), "compiled")
    measure("SwiGlu.Backward 8192x11008", backward(swiglu(gate, up), (gate, up), noise(8192, 11008)), "compiled, autograd")
    x, g, wide = noise(8192, 11008, grad=True), noise(8192, 11008), noise(8192, 11008, dtype=torch.float32)
    quick = torch.compile(lambda a: a * torch.sigmoid(1.702 * a))
    with torch.no_grad():
        measure("Gelu.Forward 8192x11008", lambda: F.gelu(x), "gelu")
        measure("QuickGelu.Forward 8192x11008", lambda: quick(x), "compiled")
        measure("Residual.Add 8192x11008", lambda: g.add_(x), "add_")
        measure("Move.Forward 8192x11008", lambda: g.copy_(x), "copy_")
        measure("Cast.Forward 8192x11008 to bf16", lambda: g.copy_(wide), "copy_")
        measure("Cast.Forward 8192x11008 to fp32", lambda: wide.copy_(x), "copy_")
        measure("Fill.Forward 8192x11008", lambda: g.fill_(1), "fill_")
    measure("Gelu.Backward 8192x11008", backward(F.gelu(x), (x,), g), "gelu, autograd")
    measure("QuickGelu.Backward 8192x11008", backward(quick(x), (x,), g), "compiled, autograd")


def others():
    q = noise(8192, 64, 128)
    cos, sin = noise(8192, 1, 128), noise(8192, 1, 128)
    rope = torch.compile(lambda a: a * cos + torch.cat((-a[..., 64:], a[..., :64]), -1) * sin)
    table, ids = noise(32064, 4096), torch.randint(0, 32064, (8192,), device=device)
    dy, logits = noise(8192, 4096), noise(4096, 32064, grad=True)
    labels = torch.randint(0, 32064, (4096,), device=device)
    loss = torch.compile(lambda z: F.cross_entropy(z.float(), labels))
    index, one = torch.arange(0, 8192, 2, device=device), noise(1, 32064)
    with torch.no_grad():
        measure("Rope.Forward 8192x(32+32)x128", lambda: rope(q), "compiled, not in place")
        measure("ColumnSum.Backward 8192x4096", lambda: dy.sum(0, dtype=torch.float32), "sum")
        measure("Embedding.Forward 8192x4096", lambda: F.embedding(ids, table), "embedding, no pictures")
        measure("GatherRows.Forward 4096x4096", lambda: dy.index_select(0, index), "index_select")
        measure("CrossEntropy.Forward 4096x32064", lambda: loss(logits), "cross_entropy, compiled")
        measure("Sampling.Forward 32064 greedy", lambda: one.argmax(-1), "argmax")
    measure("CrossEntropy.ForwardBackward 4096x32064", lambda: torch.autograd.grad(loss(logits), logits), "cross_entropy, compiled, autograd")


def optimizer():
    count = 2**28
    p = noise(count, dtype=torch.float32)
    p.grad = noise(count, dtype=torch.float32)
    adamw = torch.optim.AdamW([p], lr=1e-5, fused=True)
    measure(f"AdamW.Update {count}", adamw.step, "fused AdamW on fp32 weights")
    measure(f"GradientNorm.Forward {count}", lambda: torch.linalg.vector_norm(p.grad), "vector_norm")


def products():
    layers = (("qkv", 4096, 12288), ("o", 4096, 4096), ("gate_up", 4096, 22016), ("down", 11008, 4096))
    for name, inputs, outputs in layers:
        x, w, y = noise(8192, inputs), noise(outputs, inputs), noise(8192, outputs)
        with torch.no_grad():
            measure(f"Linear.Forward {name} 8192", lambda: F.linear(x, w), "linear")
            measure(f"Linear.BackwardInput {name} 8192", lambda: y @ w, "matmul")
            measure(f"Linear.BackwardWeight {name} 8192", lambda: y.t() @ x, "matmul, bf16 out, no accumulation")
    for name, inputs, outputs in layers:
        weights = [noise(outputs, inputs) for _ in range(512_000_000 // (2 * inputs * outputs) + 1)]
        for count in (1, 8):
            x, state = noise(count, inputs), [0]

            def run():
                state[0] += 1
                return F.linear(x, weights[state[0] % len(weights)])

            with torch.no_grad():
                measure(f"Linear.Forward {name} {count}", run, "linear")
        del weights


def attentions():
    for name, sequences, length, heads, kv_heads, size, causal in (
        ("causal 4x2048 d128", 4, 2048, 32, 32, 128, True),
        ("full 4x2048 d128", 4, 2048, 32, 32, 128, False),
        ("causal 1x8192 d128", 1, 8192, 32, 32, 128, True),
        ("causal gqa 4x2048 d128", 4, 2048, 32, 8, 128, True),
        ("full 16x577 d64", 16, 577, 16, 16, 64, False),
    ):
        q = noise(sequences, heads, length, size, grad=True)
        k, v = (noise(sequences, kv_heads, length, size, grad=True) for _ in range(2))

        def attend():
            return F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=kv_heads != heads)

        with torch.no_grad():
            measure(f"Attention.Forward {name}", attend, "scaled_dot_product_attention")
        measure(f"Attention.Backward {name}", backward(attend(), (q, k, v), noise(sequences, heads, length, size)), "scaled_dot_product_attention, autograd")
    for kind, kv_heads in (("", 32), (" gqa", 8)):
        for rows in (640, 1024, 4096):
            count = 512_000_000 // (4 * kv_heads * rows * 128) + 1
            q, caches, state = noise(1, 32, 1, 128), [(noise(1, kv_heads, rows, 128), noise(1, kv_heads, rows, 128)) for _ in range(count)], [0]

            def run():
                state[0] += 1
                return F.scaled_dot_product_attention(q, *caches[state[0] % count], enable_gqa=kv_heads != 32)

            with torch.no_grad():
                measure(f"CachedAttention.AppendForward 1 of {rows}{kind}", run, "scaled_dot_product_attention, nothing appended or rotated")


# Those that need no compiler first: it may take longer than there is time.
for group in (products, attentions, optimizer, norms, activations, others):
    try:
        group()
    except Exception as error:  # one group that runs out of memory must not cost the others
        print(f"{group.__name__}: {type(error).__name__}: {error}")
    torch.cuda.empty_cache()
    if args.json:
        with open(args.json, "w") as file:
            json.dump(rows, file, indent=1)
print(json.dumps(rows, indent=1))
