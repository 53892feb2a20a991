"""Records what the original scorers of short answers say to made-up answers.

    python3 make_short_answer_reference.py --llava CHECKOUT --vqa CHECKOUT --out short_answers [--seed 7]

CHECKOUTs are haotian-liu/LLaVA and GT-Vision-Lab/VQA (Python 2: its print statements are turned into nothing). Writes OUT/expected.json and the
made-up TextVQA, SEED-Bench, VQAv2, VizWiz and GQA files that LLaVA's scripts read.
"""
import argparse, io, json, os, random, re, runpy, shutil, sys, tempfile, types
from contextlib import redirect_stdout

WORDS = ["a", "an", "the", "one", "two", "ten", "none", "zero", "yes", "No", "dont", "isnt", "wheres", "Im", "y'allll", "let's", "dog's", "U.S.A.", "3.5", "1,000", "1,,2", "$5.00", "50%", "T-shirt", "black-and-white",
    "10:30", "red/blue", "(left)", "what?", "Dr.", "end.", "a.b", "x_y", "<b>", "tom@home", "\"quoted\"", "Größe", "水", "\u00a0", "\t", "\n", "!", ",", "-", "...", "é", "it'dve", "hed", "[x]", "c+d", "=", "{y}", "`z`", "back\\slash", "٣.", "\x1c"]


def text(rng, most=5):
    return rng.choice(["", " "]).join(rng.choice(["", " "]) + rng.choice(WORDS) for _ in range(rng.randint(0, most))) if rng.random() < 0.9 else rng.choice([".", "." * 40 + "x.", "a. " * 40, ""])


def run(llava, script, args):
    out = io.StringIO(); before = sys.argv; sys.argv = ["x", *args]
    try:
        with redirect_stdout(out):
            runpy.run_path(os.path.join(llava, script), run_name="__main__")
    finally:
        sys.argv = before
    return out.getvalue()


def vqa_scorer(vqa):
    source = open(os.path.join(vqa, "PythonEvaluationTools/vqaEvaluation/vqaEval.py")).read()
    module = types.ModuleType("vqa_eval"); exec(re.sub(r'print "[^"]*"', "pass", source).replace("\t", "    "), module.__dict__)
    module.VQAEval.updateProgress = lambda *a: None
    return module.VQAEval


def main():
    p = argparse.ArgumentParser(); p.add_argument("--llava", required=True); p.add_argument("--vqa", required=True); p.add_argument("--out", required=True); p.add_argument("--seed", type=int, default=7)
    a = p.parse_args(); rng = random.Random(a.seed); out = os.path.abspath(a.out); os.makedirs(out, exist_ok=True); at = lambda n: os.path.join(out, n)
    tqdm = types.ModuleType("tqdm"); tqdm.tqdm = lambda x: x; sys.modules["tqdm"] = tqdm; sys.path.insert(0, a.llava)
    package = types.ModuleType("llava"); package.__path__ = [os.path.join(a.llava, "llava")]; sys.modules["llava"] = package
    from llava.eval.m4c_evaluator import EvalAIAnswerProcessor, TextVQAAccuracyEvaluator
    evalai, textvqa, scorer = EvalAIAnswerProcessor(), TextVQAAccuracyEvaluator(), vqa_scorer(a.vqa)
    lines = lambda name, rows: open(at(name), "w").writelines(json.dumps(r) + "\n" for r in rows)
    plain = scorer(types.SimpleNamespace(getQuesIds=lambda: []), None)
    result = {"evalai": [], "vqa": [], "shares": []}
    for t in [*WORDS, *(text(rng) for _ in range(400))]:
        result["evalai"].append([t, evalai(t)])
        u = t.replace("\n", " ").replace("\t", " ").strip()
        result["vqa"].append([t, plain.processDigitArticle(plain.processPunctuation(u))])
    for i in range(120):
        pool = [text(rng, 2) for _ in range(rng.randint(1, 4))]
        people = [rng.choice(pool) for _ in range(10)]; answer = rng.choice([*pool, text(rng, 2), "yes"])
        truth = types.SimpleNamespace(getQuesIds=lambda: [1], qa={1: dict(answers=[dict(answer=x, answer_id=j) for j, x in enumerate(people)], question_type="q", answer_type="t")})
        score = scorer(truth, types.SimpleNamespace(qa={1: dict(answer=answer)}), n=12); score.evaluate()
        result["shares"].append([answer, people, score.accuracy["overall"] / 100, textvqa.eval_pred_list([dict(pred_answer=answer, gt_answers=people)])])
    short = "Answer the question using a single word or phrase."
    data = [dict(question_id=1000 + i, image_id=f"im{i // 2}", question=f"What Word is {i}?", answers=[rng.choice(["stop", "Stop.", "the stop", "go"]) for _ in range(10)]) for i in range(40)]
    json.dump(dict(data=data), open(at("textvqa.json"), "w"))
    prompt = lambda d, i: [f"{d['question']}\n{short}", f"{d['question']}\nReference OCR token: STOP, go\n{short}", f"Reference OCR token: STOP\n{d['question']}\n{short}", f"OCR tokens: a. Question: {d['question']} Short answer:"][i % 4]
    lines("textvqa_answers.jsonl", [dict(question_id=d["image_id"], prompt=prompt(d, i), text=rng.choice(["stop", "Go", "none", "a stop."])) for i, d in enumerate(data)])
    result["textvqa"] = run(a.llava, "llava/eval/eval_textvqa.py", ["--annotation-file", at("textvqa.json"), "--result-file", at("textvqa_answers.jsonl")])
    kinds = {"Scene Understanding": 1, "Instance Identity": 2, "Action Prediction": 11}
    questions = [dict(question_id=rng.choice([str(i), f"v_{i}"]), question=f"Which is {i}?", choice_a="one", choice_b="two", choice_c="three", choice_d="four", answer=rng.choice("ABCD"), data_id=f"d{i}", data_type="image" if (k := rng.choice([1, 2, 11])) < 10 else "video", question_type_id=k) for i in range(60)]
    json.dump(dict(question_type=kinds, questions=questions), open(at("seed.json"), "w"))
    number = lambda q: int(q) if q.isdigit() else q
    lines("seed_answers.jsonl", [dict(question_id=number(q["question_id"]), text=rng.choice([q["answer"], "A", "B", "A.", q["answer"] + " "])) for q in questions])
    result["seed"] = run(a.llava, "scripts/convert_seed_for_submission.py", ["--annotation-file", at("seed.json"), "--result-file", at("seed_answers.jsonl"), "--result-upload-file", at("tmp")])
    result["seed_upload"] = [json.loads(l) for l in open(at("tmp"))]; os.remove(at("tmp"))
    asked = [dict(question_id=i, image=f"{i}.jpg") for i in range(30)]
    answers = [dict(question_id=i, text=text(rng)) for i in range(30)]
    lines("upload_answers.jsonl", answers)
    with tempfile.TemporaryDirectory() as d:
        put = lambda n, rows: (os.makedirs(os.path.dirname(os.path.join(d, n)), exist_ok=True), open(os.path.join(d, n), "w").writelines(json.dumps(r) + "\n" for r in rows))
        put("answers/s/c/merge.jsonl", answers[:25]); put("llava_vqav2_mscoco_test2015.jsonl", asked); put("q.jsonl", asked)
        run(a.llava, "scripts/convert_vqav2_for_submission.py", ["--dir", d, "--ckpt", "c", "--split", "s"])
        result["vqav2_upload"] = json.load(open(os.path.join(d, "answers_upload/s/c.json")))
        run(a.llava, "scripts/convert_vizwiz_for_submission.py", ["--annotation-file", os.path.join(d, "q.jsonl"), "--result-file", at("upload_answers.jsonl"), "--result-upload-file", os.path.join(d, "u/v.json")])
        result["vizwiz_upload"] = json.load(open(os.path.join(d, "u/v.json")))
        run(a.llava, "scripts/convert_gqa_for_eval.py", ["--src", at("upload_answers.jsonl"), "--dst", os.path.join(d, "g.json")])
        result["gqa_upload"] = json.load(open(os.path.join(d, "g.json")))
        run(a.llava, "scripts/convert_mmvet_for_eval.py", ["--src", at("upload_answers.jsonl"), "--dst", os.path.join(d, "m.json")])
        result["mmvet_upload"] = json.load(open(os.path.join(d, "m.json")))
    with open(at("expected.json"), "w") as f:
        json.dump(result, f, separators=(",", ":")); f.write("\n")


if __name__ == "__main__":
    main()
