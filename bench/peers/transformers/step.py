"""Times the peer: Hugging Face transformers on PyTorch, one LLaVA configuration with random weights.

    python3 step.py CONFIG.json [--device cpu|cuda] [--dtype float32|bfloat16] [--batch 4] [--text 128] [--steps 5] [--new 64]
                    [--threads 2] [--checkpointing] [--compile] [--stages pretrain,finetune] [--json OUT]

Figures: pretrain and finetune (one optimizer step: forward, backward, clip to 1.0, fused AdamW), prefill, decode (greedy, batch 1), each in
tokens a second (median); what fails is told in `how`. An image's patches count as tokens. bfloat16 is pure bf16 training (weights, gradients and moments): less memory
and less precise than a master copy, so a peer that is easy on itself.
"""
import argparse
import json
import os
import statistics
import time

import torch
import transformers
from transformers import LlavaConfig, LlavaForConditionalGeneration

parser = argparse.ArgumentParser()
parser.add_argument("config")
parser.add_argument("--device", default="cpu")
parser.add_argument("--dtype", default="float32")
parser.add_argument("--batch", type=int, default=4)
parser.add_argument("--text", type=int, default=128)
parser.add_argument("--steps", type=int, default=5)
parser.add_argument("--new", type=int, default=64)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--checkpointing", action="store_true")
parser.add_argument("--compile", action="store_true")
parser.add_argument("--stages", default="pretrain,finetune")
parser.add_argument("--json")
args = parser.parse_args()

torch.set_num_threads(args.threads)
cuda = args.device.startswith("cuda")
synchronize = torch.cuda.synchronize if cuda else (lambda: None)
config = LlavaConfig.from_dict(json.load(open(args.config)))
torch.manual_seed(0)
with torch.device(args.device):
    torch.set_default_dtype(getattr(torch, args.dtype))
    model = LlavaForConditionalGeneration._from_config(config, attn_implementation="sdpa")
    torch.set_default_dtype(torch.float32)

vision, vocabulary = config.vision_config, config.text_config.vocab_size
patches = (vision.image_size // vision.patch_size) ** 2
ids = torch.randint(3, min(vocabulary, config.image_token_id) - 1, (args.batch, patches + args.text), device=args.device)
ids[:, 4 : 4 + patches] = config.image_token_id
pixels = torch.randn(args.batch, 3, vision.image_size, vision.image_size, device=args.device, dtype=model.dtype)
labels = ids.clone()
labels[:, : patches + 4 + args.text // 3] = -100
rows = {
    "versions": f"torch {torch.__version__}, transformers {transformers.__version__}",
    "tokens_per_step": ids.numel(),
    "parameters": sum(p.numel() for p in model.parameters()),
    "figures": {},
    "how": {},
}


def save():
    if args.json:
        with open(args.json + ".new", "w") as file:
            json.dump(rows, file, indent=1)
        os.replace(args.json + ".new", args.json)


def median(function, runs, warm=2):
    times = []
    for _ in range(runs + warm):
        synchronize()
        start = time.perf_counter()
        function()
        synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[warm:])


def attempt(name, run):
    """Notes the tokens a second that run returns; one that does not fit must not cost the others."""
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        rows["figures"][name] = run()
        peak = f", {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB at most" if cuda else ""
        rows["how"][name] = f"transformers, {str(model.dtype).removeprefix('torch.')}{peak}"
    except Exception as error:
        rows["how"][name] = f"failed: {type(error).__name__}: {error}".split("\n")[0]
    print(f"{name}: {rows['figures'].get(name)} tokens/s, {rows['how'][name]}", flush=True)
    save()


def training(stage):
    model.train()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("projector" in name or (stage == "finetune" and "vision" not in name))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, fused=True)
    forward = torch.compile(model) if args.compile else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        forward(input_ids=ids, pixel_values=pixels, labels=labels, use_cache=False).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()

    try:
        return ids.numel() / median(step, args.steps)
    finally:
        for parameter in model.parameters():
            parameter.grad = None


def prefill():
    return median(lambda: model(**one, use_cache=True, logits_to_keep=1), 5)


def decode():
    whole = median(lambda: model.generate(**one, max_new_tokens=args.new, min_new_tokens=args.new, do_sample=False), 2, 1)
    return (args.new - 1) / (whole - prefill())


# The cheap ones first: a step may not fit, or not end in time.
model.eval()
one = dict(input_ids=ids[:1], pixel_values=pixels[:1])
with torch.no_grad():
    attempt("prefill", lambda: ids.shape[1] / prefill())
    attempt("decode", decode)
if args.checkpointing:
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
for stage in [s for s in args.stages.split(",") if s]:
    attempt(stage, lambda: training(stage))
