"""Makes the chat template reference: what Jinja and Hugging Face's tokenizers make of the templates and the tokenizers that this project saves.

    python3 make_chat_template_reference.py --templates FOLDER --out chat_templates [--seed 7]

FOLDER holds NAME.jinja for every template, tokenizer.json and tokenizer-legacy.json; the tests write theirs to bin/.../chat_templates and say so where they differ
from the recorded ones. Copies them to --out and adds expected.json: the conversations, and each case with the template's name, the conversation's place in that list,
whether the answer is opened, the text that transformers' own rendering gives (or the exception that the template raises) and, where the answer is opened, the ids of
both tokenizers, with every image three ids wide. Templates that are equal under two names are recorded once.
"""
import argparse, json, pathlib, random, shutil
from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import render_jinja_template

IMAGE_ROWS = 3


def conversations(rng):
    asks = ["What color is the square?", "How many red circles are there?", "Is it near the \"table\"?\nAnswer with one word.", "It's a {{ brace }} and a {% tag %}, isn't it?",
            "Ünïcödé 中文 🙂?", "back\\slash \\n", "What is 12 + 30?", "trailing space ", "two  spaces"]
    answers = ["The square is blue.", "There are 3.", "A small bus,\nnext to a tree.", "Yes", "(B)", "42 🙂", "It's \"above\" the box."]
    systems = ["You are brief.", "Say only what you see.\nNothing else."]
    image, text = {"type": "image"}, lambda t: {"type": "text", "text": t}
    user, assistant, system = (lambda c, r=r: {"role": r, "content": c} for r in ("user", "assistant", "system"))
    out = [[user("What is this?")], [user([image, text("What is this?")])], [user([text("What is this?"), image])], [user([image])], [user([image, image, text("Compare.")])],
           [user([text("Left: "), image, text("right: "), image, text("the same?")])], [user([text("no image")])], [user(" begins with a space")], [user([text(" a"), text("  b ")])], [system(""), user([image, text("  A")])],
           [user([image, text("A")]), assistant("B")], [user([image, text("A")]), assistant([text("B"), text("C")]), user("D")],
           [user("A"), assistant("B"), user([image, text("C")]), assistant(None), user("D")], [user("A"), assistant("")], [user("A"), assistant([])],
           [system("You are brief."), user([image, text("Why?")])], [system([text("You are "), text("brief.")]), user("A"), system("And polite."), assistant("B"), user("C")],
           [system(""), user("A")], [user(""), assistant("B"), user("C")], [assistant("I start."), user([image, text("Who?")])], [user("A"), user("B")],
           [user([image, {"type": "video"}])], [user([image, text("A")]), assistant([image])], [system([image]), user("A")], [{"role": "tool", "content": "A"}]]
    for turns in (1, 2, 3, 5):
        for images in (0, 1, 2):
            c = [system(rng.choice(systems))] if rng.random() < 0.2 else []
            for t in range(turns):
                pieces = [text(rng.choice(asks))] + [image] * (images if t == 0 or rng.random() < 0.3 else 0)
                rng.shuffle(pieces)
                c.append(user(pieces if len(pieces) > 1 or rng.random() < 0.5 else pieces[0]["text"]))
                if t < turns - 1 or rng.random() < 0.2:
                    c.append(assistant(rng.choice(answers)))
            out.append(c)
    return out


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--templates", required=True, type=pathlib.Path)
    a.add_argument("--out", required=True, type=pathlib.Path)
    a.add_argument("--seed", type=int, default=7)
    a = a.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    files = sorted(a.templates.glob("*.jinja")) + [a.templates / "tokenizer.json", a.templates / "tokenizer-legacy.json"]
    for file in files:
        if a.out.resolve() != a.templates.resolve():
            shutil.copy(file, a.out / file.name)
    tokenizers = {key: PreTrainedTokenizerFast(tokenizer_file=str(a.templates / name)) for key, name in (("ids", "tokenizer.json"), ("legacy_ids", "tokenizer-legacy.json"))}
    said = conversations(random.Random(a.seed))
    cases, seen = [], set()
    for file in files[:-2]:
        jinja = file.read_text(encoding="utf-8")
        if jinja in seen:
            continue                                    # another name of the same template
        seen.add(jinja)
        for i, messages in enumerate(said):
            for opened in (False, True):
                case = dict(template=file.stem, conversation=i, add_generation_prompt=opened)
                try:
                    [case["text"]], _ = render_jinja_template([messages], chat_template=jinja, add_generation_prompt=opened)
                except Exception as e:
                    case["error"] = str(e)
                else:
                    if opened:
                        case.update({key: t(case["text"].replace("<image>", "<image>" * IMAGE_ROWS))["input_ids"] for key, t in tokenizers.items()})
                cases.append(case)
    conversations_json, cases_json = (",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in rows) for rows in (said, cases))
    (a.out / "expected.json").write_text(f'{{"image_rows":{IMAGE_ROWS},"conversations":[\n{conversations_json}\n],"cases":[\n{cases_json}\n]}}\n', encoding="utf-8")
    print(len(cases), "cases,", sum("error" in c for c in cases), "exceptions")


if __name__ == "__main__":
    main()
