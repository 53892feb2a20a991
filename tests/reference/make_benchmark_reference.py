"""Makes more of the evaluation reference: every prompt format of ScienceQA, the worked examples for a text-only model, all that the judge's script
prints, the requests and rows of the three judging scripts, and numbers as Python writes them.

    python3 make_benchmark_reference.py --llava CHECKOUT --out benchmarks [--seed 5]

Reads evaluation/ beside this file; CHECKOUT is haotian-liu/LLaVA. Everything in OUT is written.
"""
import argparse, io, json, os, random, runpy, sys, types
from contextlib import redirect_stdout

INPUTS = ["CQM", "QCM", "QCML", "QCME", "QCMLE", "QCLM", "QCEM", "QCLEM"]
OUTPUTS = ["A", "AL", "AE", "ALE", "AEL", "LA", "EA", "LEA", "ELA", "LEPA"]


def problems(rng, n):
    texts = ["", " ", "A  force   is a push.\nTwo  lines.", "Ends in BECAUSE:", "Question: what? Question: why?", "An escape \\n and\ttabs.", "\x1cstrange\u00a0spaces\x1d", "Grüße, 水!"]
    out = {}
    for i in range(n):
        k = rng.randint(2, 5)
        out[str(i + 1)] = dict(question=rng.choice(["Which is it?", "Question: is it  this?", "Ist es Größe?"]), choices=[rng.choice(["a  rock", "Answer: yes", "no", "7 m"]) for _ in range(k)],
            answer=rng.randrange(k), hint=rng.choice(texts), image=rng.choice([None, "image.png", "choice_0.png"]), task="closed choice", grade=f"grade{rng.randint(1, 12)}",
            subject=rng.choice(["natural science", "social science", "language science"]), topic="t", category="c", skill="s", lecture=rng.choice(texts), solution=rng.choice(texts), split="train", caption=rng.choice(["", "A picture of a lever."]))
    return out


def formats(llava, out, rng):
    sys.path.insert(0, os.path.join(llava, "scripts")); sys.modules["fire"] = types.ModuleType("fire")
    import convert_sqa_to_llava as convert
    import convert_sqa_to_llava_base_prompt as base
    p = problems(rng, 40); ids = list(p); rng.shuffle(ids)
    json.dump(p, open(os.path.join(out, "problems.json"), "w"), indent=1)
    json.dump({"train": ids[:25], "test": ids[25:]}, open(os.path.join(out, "pid_splits.json"), "w"), indent=1)
    result = {"json": {}, "jsonl": {}, "examples": []}
    for i in INPUTS:
        for o in OUTPUTS:
            convert.convert_to_llava(out, "test", f"{i}-{o}")
            name = os.path.join(out, f"llava_test_{i}-{o}.json")
            result["json"][f"{i}-{o}"] = [[s["id"], s.get("image"), s["conversations"][0]["value"], s["conversations"][1]["value"]] for s in json.load(open(name))]
            os.remove(name)
    convert.convert_to_jsonl(out, "test", "QCM-LEPA")
    name = os.path.join(out, "scienceqa_test_QCM-LEPA.jsonl")
    result["jsonl"] = [json.loads(l) for l in open(name)]
    os.remove(name)
    for captions in (False, True):
        for i in INPUTS:
            o = rng.choice(OUTPUTS[:-1])
            args = types.SimpleNamespace(prompt_format=f"{i}-{o}", use_caption=captions, options=list("ABCDE"))
            shots, test = rng.sample(ids[:25], 2), rng.choice(ids[25:])
            result["examples"].append(dict(format=args.prompt_format, captions=captions, shots=shots, test=test, messages=base.build_prompt_gpt4(p, shots, test, args)))
    return result


def judged(llava, evaluation, out):
    args = ["x", "--base-dir", evaluation, "--gpt4-result", os.path.join(evaluation, "gpt4.json"), "--requery-result", os.path.join(evaluation, "judged_again.jsonl"),
        "--our-result", os.path.join(evaluation, "ours.jsonl"), "--output-result", os.path.join(out, "tmp")]
    printed = run(llava, "llava/eval/eval_science_qa_gpt4_requery.py", args)
    os.remove(os.path.join(out, "tmp"))
    return [l for l in printed.split("\n") if "GPT-4-Correct" not in l and "Correct upper" not in l]


def run(llava, script, args):
    text = io.StringIO(); before = sys.argv; sys.argv = args
    try:
        with redirect_stdout(text):
            runpy.run_path(os.path.join(llava, script), run_name="__main__")
    finally:
        sys.argv = before
    return text.getvalue()


def reviews(llava, out, rng):
    import time
    time.sleep = lambda s: None
    replies = ["8 7\nBoth are good.", "7.5 9", "8, 7\nno", "9,6\nyes", "I cannot tell.", "10 1 \n", "(8, 7)\nA tuple."]
    asked = []

    def create(**request):
        asked.append(request)
        return {"choices": [{"message": {"content": replies[len(asked) % len(replies)]}}]}
    openai = types.ModuleType("openai"); openai.ChatCompletion = types.SimpleNamespace(create=create); openai.error = types.SimpleNamespace(RateLimitError=KeyError); sys.modules["openai"] = openai
    ray = types.ModuleType("ray"); ray.init = lambda: None; ray.get = lambda h: h; sys.modules["tqdm"] = types.ModuleType("tqdm"); sys.modules["ray"] = ray
    ray.remote = lambda **k: lambda f: types.SimpleNamespace(remote=f)
    at = lambda n: os.path.join(out, n)
    def lines(name, rows):
        with open(at(name), "w") as f:
            f.write("\n".join(json.dumps(r) for r in rows) + "\n")
    kinds = ["conv", "detail", "complex"]
    lines("review_questions.jsonl", [dict(question_id=i, image=f"{i // 3:012}.jpg", text=f"Question {i}: what  is\nthis?", category=kinds[i % 3]) for i in range(12)])
    lines("review_text_questions.jsonl", [dict(question_id=i, text=f"Question {i}?", category=rng.choice(["coding", "math", "generic", "roleplay"])) for i in range(12)])
    lines("review_answers_1.jsonl", [dict(question_id=i, text=f"The first answer {i}: Größe.", answer_id=f"r{i}") for i in range(12)])
    lines("review_answers_2.jsonl", [dict(question_id=i, text=f"The second  answer {i}.\n", answer_id=f"a{i}", model_id="m") for i in range(12)])
    json.dump({k: dict(role="Expert" if k == "detail" else "Assistant", prompt=f"Rule of {k}:\nrate both.") for k in ["coding", "math", "default", *kinds, *("llava_bench_" + k for k in kinds)]}, open(at("review_rules.json"), "w"), indent=1)
    number = lambda: rng.choice([0, 1, 0.5, 1.0, 0.25, 1e-05, 0.00012, 123456789.125, 1e16, round(rng.random(), 3), rng.random()])
    lines("review_contexts_coco.jsonl", [dict(id=str(i), image=f"{i:012}.jpg", captions=[f"Caption {j} of {i}." for j in range(5)], instances=[dict(category=rng.choice(["cat", "dog"]), bbox=[number() for _ in range(4)]) for _ in range(rng.randint(0, 4))]) for i in range(4)])
    lines("review_contexts_wild.jsonl", [dict(id=i, image=f"{i:012}.jpg", caption=f"A  scene {i}." if i % 2 else [f"A scene {i}.", "With two sentences."]) for i in range(4)])
    result = {}
    for name, script, questions, context in (("coco", "eval_gpt_review_visual", "review_questions", "review_contexts_coco"), ("wild", "eval_gpt_review_bench", "review_questions", "review_contexts_wild"), ("text", "eval_gpt_review", "review_text_questions", None)):
        asked.clear()
        args = ["x", "-q", at(questions + ".jsonl"), "-a", at("review_answers_1.jsonl"), at("review_answers_2.jsonl"), "-r", at("review_rules.json"), "-o", at("tmp")] + (["-c", at(context + ".jsonl")] if context else [])
        run(llava, f"llava/eval/{script}.py", args)
        result[name] = dict(requests=[r["messages"] for r in asked], temperature=asked[0]["temperature"], max_tokens=asked[0]["max_tokens"], rows=[json.loads(l) for l in open(at("tmp"))])
        os.remove(at("tmp"))
    return result


def numbers(rng):
    values = [0.0, -0.0, 0.125, 0.375, 2.5, 3.5, 2.675, 1.005, 0.5, 1.5, -2.5, 1e15, 1e16, 1e17, 123456789012345680.0, 1e-4, 1e-5, 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 4503599627370497.5, 90.8983730252299]
    values += [rng.uniform(-100, 100) for _ in range(60)] + [rng.randint(0, 4000) / 32 for _ in range(60)] + [rng.randint(0, 4241) / 4241 * 100 for _ in range(60)] + [10 ** rng.uniform(-20, 20) for _ in range(40)]
    texts = ["8", " 8.5\t", "8.", ".5", "1e3", "-1", "+7", "1_0", "1__0", "_1", "1_", "inf", "-Infinity", "nan", "infx", "", " ", "eight", "0x10", "8,7", "1e", "--1", "+-1", "8\r", "\x1c8", "1_.5", "1e1_0"]
    parsed = []
    for t in texts:
        try:
            parsed.append([t, repr(float(t))])
        except ValueError:
            parsed.append([t, None])
    return dict(values=[[v, repr(v), *[f"{v:.{d}f}" for d in range(4)], *[repr(round(v, d)) for d in range(1, 4)]] for v in values], floats=parsed)


def main():
    a = argparse.ArgumentParser(); a.add_argument("--llava", required=True); a.add_argument("--out", required=True); a.add_argument("--seed", type=int, default=5)
    a = a.parse_args(); rng = random.Random(a.seed); out = os.path.abspath(a.out); os.makedirs(out, exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    with redirect_stdout(io.StringIO()):
        made = formats(a.llava, out, rng)
    expected = dict(formats=made, judge_printed=judged(a.llava, os.path.join(here, "evaluation"), out), reviews=reviews(a.llava, out, rng), numbers=numbers(rng))
    with open(os.path.join(out, "expected.json"), "w") as f:
        json.dump(expected, f, indent=None, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
