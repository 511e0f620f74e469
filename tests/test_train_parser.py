from __future__ import annotations

import importlib.util
import json
import sys
from itertools import islice
from math import log
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from textae.checkpoint import read_parser
from textae.parser import ROOT, DependencyParser, Parse, common_words

SCRIPT = Path(__file__).parent.parent / "scripts" / "train_parser.py"
_spec = importlib.util.spec_from_file_location("train_parser", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
train_parser = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(train_parser)

SANK = ["the", "ferry", "sank."], Parse([1, 2, ROOT], ["det", "nsubj", "ROOT"], ["DT", "NN", "VBD"])
STORM = ["storm"], Parse([ROOT], ["ROOT"], ["NN"])
CHÂTEAU = ["le", "château"], Parse([1, ROOT], ["det", "ROOT"], ["DT", "NN"])
ROWS = [SANK, STORM, CHÂTEAU]
TAGS, LABELS = ["DT", "NN", "VBD"], ["ROOT", "det", "nsubj", "punct"]


def write(path, rows):
    lines = [
        {"words": words, "heads": parse.heads, "labels": parse.labels, "tags": parse.tags}
        for words, parse in rows
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def tiny(seed=0):
    torch.manual_seed(seed)
    return DependencyParser(["the", "ferry"], TAGS, LABELS).eval()


def test_rows_are_read_as_they_were_written(tmp_path):
    assert train_parser.read(write(tmp_path / "parses.jsonl", ROWS)) == ROWS
    assert train_parser.read(write(tmp_path / "none.jsonl", [])) == []


def test_a_bare_mark_without_a_label_counts_for_nothing():
    network = tiny()
    marked = (
        ["the", "ferry", "...", "sank."],
        Parse([1, 3, 0, ROOT], ["det", "nsubj", "", "ROOT"], ["DT"] * 4),
    )
    other = marked[0], Parse([1, 3, 1, ROOT], ["det", "nsubj", "", "ROOT"], ["DT", "DT", "NN", "DT"])
    network.labels.append("")
    assert train_parser.loss(network, [marked]).item() == train_parser.loss(network, [other]).item()


@torch.no_grad()
def test_loss_by_hand():
    network = tiny()
    for parameter in network.parameters():
        parameter.zero_()
    # All are alike then: 3 tags, 4 labels, and as heads every word of the same text, or none.
    heads = (3 * log(4) + log(2) + 2 * log(3)) / 6
    assert train_parser.loss(network, ROWS).item() == pytest.approx(log(3) + heads + log(4))


@torch.no_grad()
def test_of_texts_together_the_loss_is_their_mean_by_the_word():
    network = tiny()
    alone = [train_parser.loss(network, [row]).item() for row in ROWS]
    together = train_parser.loss(network, ROWS).item()
    assert together == pytest.approx((3 * alone[0] + alone[1] + 2 * alone[2]) / 6, rel=1e-5)
    assert len(set(alone)) == 3


def test_every_weight_learns_from_the_loss():
    network = tiny().train()
    network.gru.dropout = network.dropout.p = 0.0
    value = train_parser.loss(network, ROWS)
    value.backward()
    assert torch.isfinite(value)
    for name, parameter in network.named_parameters():
        if name.startswith("need."):
            # It learns from judgements, later.
            assert parameter.grad is None
        else:
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().sum() > 0, name


def test_a_parser_agrees_with_itself():
    network = tiny()
    texts = [words for words, _ in ROWS]
    rows = list(zip(texts, network.parse(texts), strict=True))
    assert train_parser.agreement(network, rows) == {"tags": 1.0, "heads": 1.0, "labelled": 1.0}


def test_agreement_by_hand():
    # Of six words five tags are right, three heads, and of these the labels of two.
    found = [
        Parse([1, 0, ROOT], ["det", "nsubj", "nsubj"], ["DT", "NN", "VBD"]),
        Parse([0], ["ROOT"], ["NN"]),
        Parse([ROOT, ROOT], ["det", "ROOT"], ["NN", "NN"]),
    ]
    stub = SimpleNamespace(parse=lambda texts: iter(found))
    expected = {"tags": round(5 / 6, 4), "heads": round(3 / 6, 4), "labelled": round(2 / 6, 4)}
    assert train_parser.agreement(stub, ROWS) == expected


def numbered(count):
    """Rows of 1, 2, ... words, the longest first."""
    parses = [Parse([ROOT] * n, ["ROOT"] * n, ["NN"] * n) for n in range(count, 0, -1)]
    return [(["quay"] * len(parse.heads), parse) for parse in parses]


def lengths(batch):
    return [len(words) for words, _ in batch]


def test_batches_follow_from_the_seed(monkeypatch):
    monkeypatch.setattr(train_parser, "_BATCH", 2)
    rows = numbered(20)

    def first(seed):
        return [lengths(batch) for batch in islice(train_parser.batches(rows, seed), 30)]

    assert first(0) == first(0)
    assert first(0) != first(1)
    # Nor does one pass have the order of another.
    assert first(0)[:10] != first(0)[10:20]


def test_rows_of_a_batch_are_of_like_length(monkeypatch):
    monkeypatch.setattr(train_parser, "_BATCH", 4)
    found = [sorted(lengths(batch)) for batch in islice(train_parser.batches(numbered(11), 3), 6)]
    parts = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11]]
    # Every row comes once before one comes again.
    assert sorted(found[:3]) == sorted(found[3:]) == parts


def test_of_many_rows_only_some_are_sorted_together(monkeypatch):
    monkeypatch.setattr(train_parser, "_BATCH", 4)
    monkeypatch.setattr(train_parser, "_POOL", 2)
    first, second = (lengths(batch) for batch in islice(train_parser.batches(numbered(400), 0), 2))
    assert len(set(first + second)) == 8
    assert max(first) < min(second) or max(second) < min(first)


def test_the_last_rows_are_held_out(monkeypatch):
    assert train_parser.HELD_OUT == 1000
    monkeypatch.setattr(train_parser, "HELD_OUT", 2)
    assert train_parser.split([*"abcde"], Path("rows.jsonl")) == ([*"abc"], [*"de"])
    assert train_parser.split([*"abc"], Path("rows.jsonl")) == (["a"], [*"bc"])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_rows_are_told_of_in_one_line(monkeypatch, count):
    monkeypatch.setattr(train_parser, "HELD_OUT", 2)
    with pytest.raises(SystemExit) as ended:
        train_parser.split([STORM] * count, Path("rows.jsonl"))
    assert ended.value.code == f"rows.jsonl: {count} rows; more than the 2 held out are needed"


def line_through_0():
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(network.weight)
    return network


@pytest.mark.parametrize(
    ("every", "steps", "rates"),
    [
        # The rate falls in a line over all steps, and rises in one over the first.
        (1, 4, [1, 0.75, 0.5, 0.25]),
        (2, 4, [0.5, 0.75, 0.5, 0.25]),
        (8, 2, [0.125, 0.125]),
        (2, 0, []),
    ],
)
def test_every_step_goes_as_far_as_its_rate(monkeypatch, every, steps, rates):
    monkeypatch.setattr(train_parser, "_EVERY", every)
    network = line_through_0()

    def loss(network, rows):
        return (1 - network.weight).abs().sum()

    train_parser.learn(network, ROWS, loss, str, steps, 0)
    # A gradient that stays the same is a step of the whole rate.
    assert network.weight.item() == pytest.approx(train_parser._RATE * sum(rates), rel=1e-4)


def test_learning_shows_now_and_then_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(train_parser, "_EVERY", 3)
    monkeypatch.setattr(train_parser, "_BATCH", 1)
    network, batches, shown = line_through_0(), [], []

    def loss(network, rows):
        # Whoever was shown something may have asked the network, outside of training.
        assert network.training
        batches.append(rows)
        return (7.25 - network.weight).sum()

    def show():
        network.eval()
        shown.append(len(batches))
        return f"shown at {len(batches)}"

    train_parser.learn(network, ROWS, loss, show, 8, 5)
    assert shown == [3, 6]
    assert batches == list(islice(train_parser.batches(ROWS, 5), 8))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 parameters, 3 rows"
    assert [line.split()[0] for line in lines[1:]] == ["3", "6"]
    # Down by rates of 2e-3 x 1/3, 7/12 and then 6/8, 5/8, 4/8.
    assert [line.split()[1] for line in lines[1:]] == ["7.248", "7.244"]
    assert [line.endswith(f"shown at {n}") for line, n in zip(lines[1:], shown, strict=True)] == [True] * 2


def test_a_run_leaves_a_parser_that_opens(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_parser, "HELD_OUT", 2)
    monkeypatch.setattr(train_parser, "_EVERY", 2)
    # It would stay set for the tests after this one.
    monkeypatch.setattr(torch, "set_flush_denormal", lambda _: True)
    file = write(tmp_path / "parses.jsonl", [SANK, STORM] * 5 + [CHÂTEAU] * 2)

    def run(name, *options):
        monkeypatch.setattr(sys, "argv", ["train_parser.py", str(file), str(tmp_path / name), *options])
        train_parser.main()
        return read_parser(tmp_path / name).state_dict(), capsys.readouterr().out

    weights, told = run("one", "--steps", "4")
    network = read_parser(tmp_path / "one")
    # Words are of the rows it learned from; the others' tags and labels are known too.
    assert sorted(network.words) == sorted(common_words([SANK[0], STORM[0]]))
    assert network.tags == sorted({*TAGS})
    assert network.labels == ["ROOT", "det", "nsubj"]
    (parse,) = network.parse([SANK[0]])
    assert len(parse.heads) == 3
    assert "10 rows" in told
    shown = [line for line in told.splitlines() if "labelled" in line]
    assert [line.split()[0] for line in shown[:2]] == ["2", "4"]
    assert shown[2] == str(train_parser.agreement(network, [CHÂTEAU] * 2))

    again, _ = run("again", "--steps", "4")
    other, _ = run("other", "--steps", "4", "--seed", "1")
    assert all(torch.equal(value, again[name]) for name, value in weights.items())
    assert not all(torch.equal(value, other[name]) for name, value in weights.items())
