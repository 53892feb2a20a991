"""Times PyTorch's own ops on a GPU at the sizes of bench/Gpu, under the same names: ops.py [--json OUT]. Seconds, medians. What PyTorch fuses only through its compiler is
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
rows = {"versions": f"torch {torch.__version__}", "seconds": {}, "how": {}}


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
        rows["seconds"][name] = statistics.median(times)
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
        measure("rmsnorm forward 8192x4096", lambda: fused(x, delta, w), "add + rms_norm, compiled")
    measure("rmsnorm backward 8192x4096", backward(F.rms_norm(x, (4096,), w, 1e-5), (x, w), noise(8192, 4096)), "rms_norm, autograd; no residual")
    v, vd, vw, vb = noise(9232, 1024, grad=True), noise(9232, 1024), noise(1024, grad=True), noise(1024, grad=True)
    both = torch.compile(lambda a, b: (a + b, F.layer_norm(a + b, (1024,), vw, vb)))
    with torch.no_grad():
        measure("layernorm forward 9232x1024", lambda: both(v, vd), "add + layer_norm, compiled")
    measure("layernorm backward 9232x1024", backward(F.layer_norm(v, (1024,), vw, vb), (v, vw, vb), noise(9232, 1024)), "layer_norm, autograd; no residual")


def activations():
    gate, up = noise(8192, 11008, grad=True), noise(8192, 11008, grad=True)
    swiglu = torch.compile(lambda g, u: F.silu(g) * u)
    with torch.no_grad():
        measure("swiglu forward 8192x11008", lambda: swiglu(gate, up), "compiled")
    measure("swiglu backward 8192x11008", backward(swiglu(gate, up), (gate, up), noise(8192, 11008)), "compiled, autograd")
    x, g = noise(8192, 11008, grad=True), noise(8192, 11008)
    quick = torch.compile(lambda a: a * torch.sigmoid(1.702 * a))
    with torch.no_grad():
        measure("gelu forward 8192x11008", lambda: F.gelu(x), "gelu")
        measure("quick_gelu forward 8192x11008", lambda: quick(x), "compiled")
        measure("residual add 8192x11008", lambda: g.add_(x), "add_")
        measure("fill 8192x11008", lambda: g.fill_(1), "fill_")
    measure("gelu backward 8192x11008", backward(F.gelu(x), (x,), g), "gelu, autograd")


def others():
    q = noise(8192, 64, 128)
    cos, sin = noise(8192, 1, 128), noise(8192, 1, 128)
    rope = torch.compile(lambda a: a * cos + torch.cat((-a[..., 64:], a[..., :64]), -1) * sin)
    table, ids = noise(32064, 4096), torch.randint(0, 32064, (8192,), device=device)
    dy, logits = noise(8192, 4096), noise(4096, 32064, grad=True)
    labels = torch.randint(0, 32064, (4096,), device=device)
    loss = torch.compile(lambda z: torch.autograd.grad(F.cross_entropy(z.float(), labels), z))
    with torch.no_grad():
        measure("rope forward 8192x(32+32)x128", lambda: rope(q), "compiled, not in place")
        measure("column_sum 8192x4096", lambda: dy.sum(0, dtype=torch.float32), "sum")
        measure("embedding forward 8192x4096", lambda: F.embedding(ids, table), "embedding, no pictures")
    measure("cross_entropy forward+backward 4096x32064", lambda: loss(logits), "cross_entropy + autograd, compiled")


def optimizer():
    count = 2**28
    p = noise(count, dtype=torch.float32)
    p.grad = noise(count, dtype=torch.float32)
    adamw = torch.optim.AdamW([p], lr=1e-5, fused=True)
    measure("adamw 2^28", adamw.step, "fused AdamW on fp32 weights")
    measure("gradient_norm 2^28", lambda: torch.linalg.vector_norm(p.grad), "vector_norm")


def products():
    for name, inputs, outputs in (("qkv", 4096, 12288), ("gate_up", 4096, 22016), ("down", 11008, 4096)):
        x, w, y = noise(8192, inputs), noise(outputs, inputs), noise(8192, outputs)
        with torch.no_grad():
            measure(f"linear {name} forward 8192", lambda: F.linear(x, w), "linear")
            measure(f"linear {name} backward input 8192", lambda: y @ w, "matmul")
            measure(f"linear {name} backward weight 8192", lambda: y.t() @ x, "matmul, bf16 out, no accumulation")
    for name, inputs, outputs in (("qkv", 4096, 12288), ("o", 4096, 4096), ("gate_up", 4096, 22016), ("down", 11008, 4096)):
        weights = [noise(outputs, inputs) for _ in range(512_000_000 // (2 * inputs * outputs) + 1)]
        for count in (1, 8):
            x, state = noise(count, inputs), [0]

            def run():
                state[0] += 1
                return F.linear(x, weights[state[0] % len(weights)])

            with torch.no_grad():
                measure(f"gemv {name} {count}", run, "linear")
        del weights


def attentions():
    for name, sequences, length, heads, size, causal in (
        ("causal 4x2048 d128", 4, 2048, 32, 128, True),
        ("full 4x2048 d128", 4, 2048, 32, 128, False),
        ("causal 1x8192 d128", 1, 8192, 32, 128, True),
        ("full 16x577 d64", 16, 577, 16, 64, False),
    ):
        q, k, v = (noise(sequences, heads, length, size, grad=True) for _ in range(3))
        with torch.no_grad():
            measure(f"attention forward {name}", lambda: F.scaled_dot_product_attention(q, k, v, is_causal=causal), "scaled_dot_product_attention")
        output = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        measure(f"attention backward {name}", backward(output, (q, k, v), noise(sequences, heads, length, size)), "scaled_dot_product_attention, autograd")
    for past in (1024, 4096):
        q, caches, state = noise(1, 32, 1, 128), [(noise(1, 32, past, 128), noise(1, 32, past, 128)) for _ in range(16)], [0]

        def run():
            state[0] += 1
            return F.scaled_dot_product_attention(q, *caches[state[0] % 16])

        with torch.no_grad():
            measure(f"cached_attention decode {past}", run, "scaled_dot_product_attention")


for group in (norms, activations, others, optimizer, products, attentions):
    group()
    if args.json:
        with open(args.json, "w") as file:
            json.dump(rows, file, indent=1)
print(json.dumps(rows, indent=1))
