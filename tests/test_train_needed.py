from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch

from textae.checkpoint import read_parser, write_parser
from textae.parser import DependencyParser

SCRIPTS = Path(__file__).parent.parent / "scripts"
_spec = importlib.util.spec_from_file_location("train_needed", SCRIPTS / "train_needed.py")
assert _spec is not None
assert _spec.loader is not None
train_needed = importlib.util.module_from_spec(_spec)
sys.modules["train_needed"] = train_needed
sys.path.insert(0, str(SCRIPTS))
_spec.loader.exec_module(train_needed)

TEXTS = {
    "a": "The former mayor opened a bridge on Monday.",
    "b": "Dealers said. The old ferry sank near the harbour.",
    "c": "The former council sold ships on Friday.",
}
ROWS = [
    {"id": "a", "start": 0, "size": 8, "judged": [1, 6], "needed": [1]},
    {"id": "b", "start": 2, "size": 7, "judged": [1, 4], "needed": [4]},
    {"id": "c", "start": 0, "size": 7, "judged": [1, 5], "needed": [1]},
]


def parser(seed=0):
    torch.manual_seed(seed)
    words = sorted({word for text in TEXTS.values() for word in text.lower().replace(".", "").split()})
    return DependencyParser(words, ["NN"], ["ROOT", "amod"]).eval()


@pytest.fixture
def files(tmp_path):
    lines = [json.dumps({"id": name, "text": text}) + "\n" for name, text in TEXTS.items()]
    (tmp_path / "documents.jsonl").write_text("".join(lines), encoding="utf-8")
    with gzip.open(tmp_path / "needed.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in ROWS)
    write_parser(tmp_path / "parser", parser())
    return tmp_path


def test_judgements_are_read_with_the_words_of_their_sentences(files):
    rows = train_needed.read_judgements(files / "needed.jsonl.gz", files / "documents.jsonl", "en")
    assert [" ".join(row.words) for row in rows] == [
        *("the former mayor opened a bridge on monday.", "the old ferry sank near the harbour."),
        "the former council sold ships on friday.",
    ]
    assert rows[1].judged == [1, 4]
    assert rows[1].needed == [4]


def test_a_judgement_of_a_document_that_is_missing_ends_it(files):
    first = (files / "documents.jsonl").read_text(encoding="utf-8").splitlines()[0]
    (files / "documents.jsonl").write_text(f"{first}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"documents.jsonl: no document b, which .*needed.jsonl.gz asks for"):
        train_needed.read_judgements(files / "needed.jsonl.gz", files / "documents.jsonl", "en")


def test_a_document_that_has_other_words_now_ends_it(files):
    path = files / "documents.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace(" the harbour", ""), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"document b is not the one that .*needed.jsonl.gz is of"):
        train_needed.read_judgements(files / "needed.jsonl.gz", path, "en")


def test_what_is_judged_is_told_and_nothing_else_of_the_parser_changes(files, monkeypatch, capsys):
    arguments = [str(files / "parser"), str(files / "out"), "--judgements", str(files / "needed.jsonl.gz")]
    rest = ["--documents", str(files / "documents.jsonl"), "--model", "en", "--epochs", "200"]
    monkeypatch.setattr(sys, "argv", ["train_needed.py", *arguments, *rest])
    train_needed.main()
    assert "area under the curve" not in capsys.readouterr().out
    before, after = read_parser(files / "parser"), read_parser(files / "out")
    for name, value in before.state_dict().items():
        assert torch.equal(value, after.state_dict()[name]) == (not name.startswith("need.")), name
    rows = train_needed.read_judgements(files / "needed.jsonl.gz", files / "documents.jsonl", "en")
    for row, parse in zip(rows, after.parse([row.words for row in rows]), strict=True):
        assert [parse.needed[i] > 0.5 for i in row.judged] == [i in row.needed for i in row.judged]
    untaught = read_parser(files / "parser").parse([rows[0].words])
    assert next(untaught).heads == next(after.parse([rows[0].words])).heads


def test_the_area_is_how_often_a_needed_word_comes_first():
    odds = torch.tensor([[0.1], [0.9], [0.4], [0.8]])
    wanted = torch.tensor([0.0, 1.0, 1.0, 0.0])
    # Of the four pairs of a needed and another word, three are in order.
    assert train_needed.area(torch.nn.Identity(), [(odds[:1], wanted[:1]), (odds[1:], wanted[1:])]) == 0.75


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_shipped_judgements_judge_words_of_their_sentences(language):
    with gzip.open(SCRIPTS / f"needed_{language}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert len(rows) >= 2000
    for row in rows:
        assert set(row) == {"id", "start", "size", "judged", "needed"}
        assert row["judged"] == sorted(set(row["judged"]))
        assert set(row["needed"]) <= set(row["judged"]) <= set(range(row["size"]))
    shares = [len(row["needed"]) / len(row["judged"]) for row in rows if row["judged"]]
    assert 0.2 < sum(shares) / len(shares) < 0.6
