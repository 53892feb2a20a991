"""Makes the rotary reference: the frequencies that Hugging Face transformers computes from the rotary keys of a LLaMA's configuration.

    python3 make_rope_reference.py --out rope.json

Each case: config (the keys of config.json), and frequencies (radians a position, in single precision as there), those of dynamic scaling for texts within max_position_embeddings.
"""
import argparse, copy, json
import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

LLAMA31 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
CASES = [
    {"rope_theta": 10000.0},
    {"rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}},
    {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 4.0}},
    {"rope_parameters": {"rope_type": "linear", "factor": 2.5, "rope_theta": 1000000.0}},
    {"rope_theta": 10000.0, "rope_scaling": {"type": "dynamic", "factor": 2.0}},
    {"rope_theta": 500000.0, "max_position_embeddings": 131072, "rope_scaling": LLAMA31},
    {"max_position_embeddings": 131072, "rope_parameters": {**LLAMA31, "factor": 32.0, "rope_theta": 500000.0}},
    {"rope_theta": 10000.0, "head_dim": 64, "rope_scaling": {**LLAMA31, "low_freq_factor": 2.0, "high_freq_factor": 3.0, "original_max_position_embeddings": 256}},
    {"rope_theta": 10000.0, "head_dim": 8, "rope_scaling": {**LLAMA31, "factor": 1.0}},
]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--out", required=True)
    a = a.parse_args()
    cases = []
    for case in CASES:
        keys = {"hidden_size": 512, "num_attention_heads": 4, "max_position_embeddings": 2048, **case}
        rotary = LlamaRotaryEmbedding(LlamaConfig(**copy.deepcopy(keys)))
        rotary(torch.zeros(1, dtype=torch.float32), torch.arange(keys["max_position_embeddings"])[None])
        assert rotary.attention_scaling == 1
        cases.append(dict(config=keys, frequencies=rotary.inv_freq.tolist()))
    with open(a.out, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
