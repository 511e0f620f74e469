from __future__ import annotations

import importlib.util
import json
import sys
from math import log
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from textae.checkpoint import read_parser
from textae.tagger import WordTagger, common

SCRIPTS = Path(__file__).parent.parent / "scripts"


def load(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Where one script looks for the other, as it stands beside it.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


train_parser, train_tagger = load("train_parser"), load("train_tagger")

BRIDGE = ["市议会", "批准", "工程。"], ["B-ORG", "B-v", "B-n"]
STORM = ["台风"], ["B-n"]
FERRY = ["渡轮", "公司"], ["B-ORG", "I-ORG"]
ROWS = [BRIDGE, STORM, FERRY]
TAGS = ["B-ORG", "B-n", "B-v", "I-ORG"]


def write(path, rows):
    lines = [{"words": words, "tags": tags} for words, tags in rows]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def tiny(seed=0):
    torch.manual_seed(seed)
    return WordTagger(["市议会", "批准"], ["市", "准"], TAGS).eval()


def test_rows_are_read_as_they_were_written(tmp_path):
    assert train_tagger.read(write(tmp_path / "tags.jsonl", ROWS)) == ROWS
    assert train_tagger.read(write(tmp_path / "none.jsonl", [])) == []


def test_of_a_long_row_the_first_words_are_read(tmp_path, monkeypatch):
    file = write(tmp_path / "tags.jsonl", ROWS)
    monkeypatch.setattr(train_tagger, "_MOST_WORDS", 2)
    assert train_tagger.read(file) == [(["市议会", "批准"], ["B-ORG", "B-v"]), STORM, FERRY]


@torch.no_grad()
def test_loss_by_hand():
    network = tiny()
    for parameter in network.parameters():
        parameter.zero_()
    # All tags are alike then.
    assert train_tagger.loss(network, ROWS).item() == pytest.approx(log(4))
    # Now a B-n has half of the chances, the others a sixth each; two words of six are one.
    network.tag.bias[TAGS.index("B-n")] = log(3)
    assert train_tagger.loss(network, ROWS).item() == pytest.approx((2 * log(2) + 4 * log(6)) / 6)
    assert train_tagger.loss(network, [STORM]).item() == pytest.approx(log(2))


@torch.no_grad()
def test_of_texts_together_the_loss_is_their_mean_by_the_word():
    network = tiny()
    alone = [train_tagger.loss(network, [row]).item() for row in ROWS]
    together = train_tagger.loss(network, ROWS).item()
    assert together == pytest.approx((3 * alone[0] + alone[1] + 2 * alone[2]) / 6, rel=1e-5)
    assert len(set(alone)) == 3


def test_every_weight_learns_from_the_loss():
    network = tiny().train()
    network.gru.dropout = network.dropout.p = 0.0
    value = train_tagger.loss(network, ROWS)
    value.backward()
    assert torch.isfinite(value)
    for name, parameter in network.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_a_tagger_agrees_with_itself():
    network = tiny()
    texts = [words for words, _ in ROWS]
    rows = list(zip(texts, network.parse(texts), strict=True))
    assert train_tagger.agreement(network, rows) == 1.0


def test_agreement_by_hand():
    # Of six words four have the same tag; one of the others differs in no more than where it begins.
    found = [["B-ORG", "B-v", "B-v"], ["B-n"], ["B-ORG", "B-ORG"]]
    stub = SimpleNamespace(parse=lambda texts: iter(found))
    assert train_tagger.agreement(stub, ROWS) == round(4 / 6, 4)


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["train_tagger.py", *map(str, arguments)])
    # It would stay set for the tests after this one.
    monkeypatch.setattr(torch, "set_flush_denormal", lambda _: True)
    train_tagger.main()


def test_a_run_leaves_a_tagger_that_opens(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_parser, "HELD_OUT", 2)
    monkeypatch.setattr(train_parser, "_EVERY", 2)
    file = write(tmp_path / "tags.jsonl", [BRIDGE, STORM] * 5 + [FERRY] * 2)

    def trained(name, *options):
        run(monkeypatch, file, tmp_path / name, *options)
        return read_parser(tmp_path / name).state_dict(), capsys.readouterr().out

    weights, told = trained("one", "--steps", "4")
    network = read_parser(tmp_path / "one")
    assert isinstance(network, WordTagger)
    # Words are of the rows it learned from; the others' tags are known too.
    assert (network.words, network.characters) == common([BRIDGE[0], STORM[0]] * 5)
    assert set(network.words) == {"市议会", "批准", "工程", "台风"}
    assert network.tags == TAGS
    (tags,) = network.parse([BRIDGE[0]])
    assert len(tags) == 3
    lines = told.splitlines()
    assert "10 rows" in lines[0]
    assert [line.split()[0] for line in lines[1:3]] == ["2", "4"]
    assert lines[3:] == [str(train_tagger.agreement(network, [FERRY] * 2))]

    again, _ = trained("again", "--steps", "4")
    other, _ = trained("other", "--steps", "4", "--seed", "1")
    assert all(torch.equal(value, again[name]) for name, value in weights.items())
    assert not all(torch.equal(value, other[name]) for name, value in weights.items())


def test_a_longer_run_agrees_with_what_it_was_taught(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_parser, "HELD_OUT", 3)
    monkeypatch.setattr(train_parser, "_EVERY", 10)
    file = write(tmp_path / "tags.jsonl", ROWS * 9)
    run(monkeypatch, file, tmp_path / "tagger", "--steps", "60")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "1.0"
    losses = [float(line.split()[1]) for line in lines[1:-1]]
    # Of four tags, where all are alike: 1.386.
    assert 1.386 > losses[0] > 0.2 > 0.02 > losses[-1]
    assert list(read_parser(tmp_path / "tagger").parse([words for words, _ in ROWS])) == [t for _, t in ROWS]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_rows_are_told_of_in_one_line(tmp_path, monkeypatch, count):
    monkeypatch.setattr(train_parser, "HELD_OUT", 4)
    file = write(tmp_path / "tags.jsonl", [STORM] * count)
    with pytest.raises(SystemExit) as ended:
        # Without rows it would look for a batch for ever.
        run(monkeypatch, file, tmp_path / "tagger", "--steps", "0")
    assert ended.value.code == f"{file}: {count} rows; more than the 4 held out are needed"
    assert not (tmp_path / "tagger").exists()
