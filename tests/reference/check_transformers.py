"""Checks a saved model folder with Hugging Face transformers: it must load with every Auto class, without a warning, and answer as `llava ask` does.

    llava ask --model MODEL --image IMAGE -q QUESTION        (for every line of QUESTIONS, its output in the line's "answer")
    python3 check_transformers.py --model MODEL --questions QUESTIONS

QUESTIONS is a text file of one JSON object a line: image (a path, or null), question, answer. Each question goes through the processor's own chat template, and transformers
answers greedily. Prints every answer that differs; the exit code is 1 where one does, or where loading warned of something.
"""
import argparse, json, logging, sys, warnings
import torch, transformers
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, AutoTokenizer, LlavaForConditionalGeneration


class Warnings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--model", required=True)
    a.add_argument("--questions", required=True)
    a.add_argument("--max-new-tokens", type=int, default=64)
    a = a.parse_args()
    heard = Warnings()
    logging.getLogger("transformers").addHandler(heard)
    with warnings.catch_warnings(record=True) as python_warnings:
        warnings.simplefilter("always")
        processor = AutoProcessor.from_pretrained(a.model, backend="pil")
        tokenizer = AutoTokenizer.from_pretrained(a.model)
        model, info = LlavaForConditionalGeneration.from_pretrained(a.model, dtype=torch.float32, output_loading_info=True)
        AutoModelForImageTextToText.from_pretrained(a.model)
    said = heard.lines + [str(w.message) for w in python_warnings] + [f"{k}: {v}" for k, v in info.items() if v]
    print(f"transformers {transformers.__version__}: {type(processor).__name__}, {type(processor.image_processor).__name__}, {type(tokenizer).__name__}, {type(model).__name__}")
    for line in said:
        print("warning:", line)
    if processor.chat_template != tokenizer.chat_template:
        sys.exit("the processor's chat template is not the tokenizer's")
    equal = count = 0
    for line in open(a.questions, encoding="utf-8"):
        case = json.loads(line)
        image = [{"type": "image"}] if case.get("image") else []
        prompt = processor.apply_chat_template([{"role": "user", "content": image + [{"type": "text", "text": case["question"]}]}], add_generation_prompt=True)
        inputs = processor(text=prompt, images=Image.open(case["image"]).convert("RGB") if image else None, return_tensors="pt")
        made = model.generate(**inputs, do_sample=False, max_new_tokens=a.max_new_tokens)
        answer = processor.decode(made[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True).strip()
        count, equal = count + 1, equal + (answer == case["answer"].strip())
        if answer != case["answer"].strip():
            print(f"{case['question']!r}: {answer!r}, but llava ask says {case['answer'].strip()!r}")
    print(f"{equal} of {count} answers equal")
    sys.exit(0 if equal == count and not said else 1)


if __name__ == "__main__":
    main()
