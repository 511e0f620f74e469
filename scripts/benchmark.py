"""Speed and memory of a textae model beside a network of t5-small's shape, in the same run.

    python scripts/benchmark.py [--model en] [--documents 512] [--threads 2]
    python scripts/benchmark.py --long

The other network has t5-small's sizes and random weights, reads as many tokens a document and writes as
many a summary, greedily, through transformers' own ``generate``: what someone would run who takes the nearest
small model of the hub. Every figure comes from a process of its own: peak memory is that of one network.
``--long`` summarizes single texts of more and more words instead, made of the sample data's words.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SAMPLE = Path(__file__).parent.parent / "data" / "en" / "documents.jsonl"
_LENGTH = 10
_SUMMARY_TOKENS = 13
_BATCH = 64
_REPEATS = 3
_LONG = (1_000, 10_000, 100_000)


def documents(count: int) -> list[str]:
    """Short documents: the sample data, again and again."""
    texts = [json.loads(line)["text"] for line in _SAMPLE.read_text(encoding="utf-8").splitlines()]
    return [texts[i % len(texts)] for i in range(count)]


def best_seconds(work: Callable[[], Any]) -> float:
    """Seconds of the fastest of several runs, after one that does not count."""
    work()
    seconds = []
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def measure_textae(model_name: str, count: int) -> dict[str, float]:
    """Documents and training pairs a second of a textae model."""
    import torch

    from textae import load
    from textae.autoencoder import TextAutoencoder
    from textae.data import make_batch
    from textae.networks import token_log_probs

    model = load(model_name, device="cpu")
    assert isinstance(model, TextAutoencoder)
    texts = documents(count)
    summarizing = best_seconds(lambda: model.summarize(texts, _LENGTH, _BATCH))
    generator = model.networks["generator"].train()
    rows = model.tokenizer(texts[:_BATCH], add_special_tokens=False)["input_ids"]
    batch = make_batch(rows, [row[:_SUMMARY_TOKENS] for row in rows], model.tokenizer.pad_token_id)

    def loss() -> torch.Tensor:
        return -token_log_probs(generator, batch.input_ids, batch.attention_mask, batch.labels).mean()

    training = best_seconds(_training_step(generator, loss))
    return {"documents/s": count / summarizing, "training pairs/s": _BATCH / training}


def measure_t5(model_name: str, count: int) -> dict[str, float]:
    """The same of t5-small's shape in transformers."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    from textae import load
    from textae.autoencoder import TextAutoencoder
    from textae.data import pad

    tokenizer = load(model_name, device="cpu")
    assert isinstance(tokenizer, TextAutoencoder)
    rows = tokenizer.tokenizer(documents(count), add_special_tokens=False)["input_ids"]
    config = T5Config(
        vocab_size=32128,
        d_model=512,
        d_ff=2048,
        num_layers=6,
        num_heads=8,
        d_kv=64,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    network = T5ForConditionalGeneration(config).eval()
    rows.sort(key=len)

    def summarize() -> None:
        with torch.inference_mode():
            for start in range(0, count, _BATCH):
                ids = pad(rows[start : start + _BATCH], 0)
                network.generate(
                    ids,
                    attention_mask=ids.ne(0),
                    do_sample=False,
                    min_new_tokens=_SUMMARY_TOKENS,
                    max_new_tokens=_SUMMARY_TOKENS,
                )

    summarizing = best_seconds(summarize)
    network.train()
    ids = pad(rows[:_BATCH], 0)
    labels = ids[:, :_SUMMARY_TOKENS].contiguous()

    def loss() -> torch.Tensor:
        return network(input_ids=ids, attention_mask=ids.ne(0), labels=labels).loss

    training = best_seconds(_training_step(network, loss))
    return {"documents/s": count / summarizing, "training pairs/s": _BATCH / training}


def book(words: int) -> str:
    """A text of so many words in sentences and paragraphs; it makes no sense."""
    draw = random.Random(0)
    vocabulary = [word.strip(".,;:").lower() for text in documents(300) for word in text.split()]
    sentences: list[str] = []
    left = words
    while left > 0:
        size = min(left, draw.randint(8, 30))
        end = draw.choice([". ", ". ", ". ", ".\n\n"])
        sentences.append(f"{' '.join(draw.choices(vocabulary, k=size)).capitalize()}{end}")
        left -= size
    return "".join(sentences)


def measure_long(model_name: str, words: int) -> dict[str, float]:
    """Seconds for two summaries of one long text."""
    from textae import load

    model = load(model_name, device="cpu")
    text = book(words)
    seconds = {}
    for length in (60, 12):
        begun = time.perf_counter()
        model.summarize([text], length)
        seconds[f"{length} words"] = time.perf_counter() - begun
    return seconds


def _training_step(network: Any, loss: Callable[[], Any]) -> Callable[[], None]:
    import torch

    optimizer = torch.optim.AdamW(network.parameters(), 1e-4, fused=True)

    def step() -> None:
        # bf16 where the processor has it, for both alike.
        with torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported()):
            value = loss()
        value.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def in_process(which: str, args: argparse.Namespace, count: int) -> dict[str, float]:
    """Measure in a fresh process; adds its peak memory in MB."""
    command = [sys.executable, __file__, "--only", which, "--model", args.model]
    command += ["--documents", str(count), "--threads", str(args.threads)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def start_up() -> dict[str, float]:
    """Median seconds of ``textae --help`` and of summarizing one line, as whole processes."""
    textae = [sys.executable, "-m", "textae.cli"]
    one = documents(1)[0]

    def seconds(arguments: list[str], text: str) -> float:
        taken = []
        for _ in range(_REPEATS + 1):
            begun = time.perf_counter()
            subprocess.run([*textae, *arguments], input=text, capture_output=True, check=True, text=True)
            taken.append(time.perf_counter() - begun)
        return statistics.median(taken[1:])

    return {"--help": seconds(["--help"], ""), "summarize one": seconds(["summarize"], one)}


def print_long(args: argparse.Namespace) -> None:
    """Print seconds and peak memory for each number of words, and the memory beside that of the fewest."""
    print(f"summaries of one text, {args.threads} threads")
    print(f"{'words':>9}{'60 words':>12}{'12 words':>12}{'peak MB':>10}{'ratio':>8}")
    least = 0.0
    for words in _LONG:
        figures = in_process("long", args, words)
        peak = figures.pop("peak memory MB")
        least = least or peak
        seconds = "".join(f"{value:>10.2f} s" for value in figures.values())
        print(f"{words:>9,}{seconds}{peak:>10.0f}{peak / least:>8.2f}")


def main() -> None:
    """Measure both, print figures and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="en")
    parser.add_argument("--documents", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", choices=["textae", "t5", "long"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        import torch

        torch.set_num_threads(args.threads)
        measure = {"textae": measure_textae, "t5": measure_t5, "long": measure_long}[args.only]
        figures = measure(args.model, args.documents)
        figures["peak memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures))
        return
    if args.long:
        print_long(args)
        return
    ours, other = (in_process(which, args, args.documents) for which in ("textae", "t5"))
    print(f"{args.documents} short documents, batches of {_BATCH}, {args.threads} threads")
    print(f"{'':<18}{'textae ' + args.model:>14}{'t5-small shape':>16}{'ratio':>8}")
    for name, value in ours.items():
        print(f"{name:<18}{value:>14.1f}{other[name]:>16.1f}{value / other[name]:>8.2f}")
    for name, value in start_up().items():
        print(f"{'textae ' + name:<32}{value:.2f} s")


if __name__ == "__main__":
    main()
