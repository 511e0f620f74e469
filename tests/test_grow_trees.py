from __future__ import annotations

import gzip
import importlib.util
import itertools
import json
import random
import sys
from pathlib import Path

import pytest
import torch

SCRIPTS = Path(__file__).parent.parent / "scripts"


def _script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


sys.path.insert(0, str(SCRIPTS))
tree_teacher = _script("tree_teacher")
grow_trees = _script("grow_trees")
Tree = tree_teacher.Tree

OPENED = ["市议会", "批准", "新", "工程,", "渡轮", "停航。"]
OPENED_TREE = Tree([1, -1, 3, 1, 5, 1], ["SBV", "HED", "ATT", "VOB", "SBV", "COO"])
CLOSED = ["学校", "今日", "关闭。"]
CLOSED_TREE = Tree([2, 2, -1], ["SBV", "ADV", "HED"])
MARKED = ["大桥", ",", "通车。"]
MARKED_TREE = Tree([2, -1, -1], ["SBV", "", "HED"])
ROWS = [(OPENED, OPENED_TREE), (CLOSED, CLOSED_TREE), (MARKED, MARKED_TREE)]
TEXTS = [words for words, _ in ROWS]
TAGS = [["B-n"] * len(words) for words in TEXTS]


def encoder(seed=0):
    torch.manual_seed(seed)
    return tree_teacher.Encoder(TEXTS * 5, ["B-n", "B-v"])


@pytest.fixture(scope="module")
def teacher():
    torch.manual_seed(0)
    labels = sorted({label for _, tree in ROWS for label in tree.labels if label})
    found = tree_teacher.Teacher(encoder(), labels)
    tree_teacher.learn_trees(found, ROWS, epochs=300, seed=0)
    return found


def is_tree(heads):
    """Whether heads from 1 on, 0 for the root, are a tree without crossing arcs."""
    if heads.count(0) != 1:
        return False
    for word in range(1, len(heads) + 1):
        seen = set()
        while word and word not in seen:
            seen.add(word)
            word = heads[word - 1]
        if word:
            return False
    spans = [sorted((i, head)) for i, head in enumerate(heads, 1)]
    return not any(a < c < b < d for a, b in spans for c, d in spans)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_the_best_tree_is_found(size):
    torch.manual_seed(size)
    scores = torch.randn(3, 6, 7)
    found = tree_teacher.projective(scores, [size] * 3)
    for row, heads in zip(scores, found, strict=True):
        every = (heads for heads in itertools.product(range(size + 1), repeat=size) if is_tree(heads))
        assert tuple(heads) == max(every, key=lambda h: sum(row[i, head].item() for i, head in enumerate(h)))


def test_sentences_of_other_lengths_do_not_matter():
    torch.manual_seed(1)
    scores, sizes = torch.randn(5, 7, 8), [7, 1, 4, 0, 6]
    together = tree_teacher.projective(scores, sizes)
    assert [len(heads) for heads in together] == sizes
    for row, size, heads in zip(scores, sizes, together, strict=True):
        assert tree_teacher.projective(row[None, :, :], [size]) == [heads]
        assert not size or is_tree(heads)


def test_what_is_taught_is_told(teacher):
    assert list(tree_teacher.parse([teacher], TEXTS)) == [OPENED_TREE, CLOSED_TREE, MARKED_TREE]
    assert list(tree_teacher.parse([teacher, teacher], TEXTS[::-1])) == [
        MARKED_TREE,
        CLOSED_TREE,
        OPENED_TREE,
    ]
    assert grow_trees.agreement([teacher], ROWS) == {"heads": 1.0, "labelled": 1.0}


def test_teachers_are_heard_alike(teacher):
    torch.manual_seed(5)
    other = tree_teacher.Teacher(encoder(5), teacher.labels)
    one = list(tree_teacher.parse([teacher, other, other], TEXTS))
    assert one == list(tree_teacher.parse([other, teacher, other], TEXTS))


def test_a_bare_mark_counts_for_nothing(teacher):
    elsewhere = Tree([2, 0, -1], ["SBV", "", "HED"])
    with torch.no_grad():
        assert teacher.eval().loss([MARKED], [MARKED_TREE]) == teacher.loss([MARKED], [elsewhere])
    assert grow_trees.agreement([teacher], [(MARKED, elsewhere)])["heads"] == 1.0


def test_a_text_has_the_trees_of_its_sentences(teacher):
    text = [*CLOSED, *OPENED, *MARKED[:1]]
    assert grow_trees.sentences(text) == [CLOSED, OPENED, MARKED[:1]]
    whole, closed, nothing = grow_trees.text_trees([teacher], [text, CLOSED, []])
    assert whole.heads[:9] == [2, 2, -1, 4, -1, 6, 4, 8, 4]
    assert whole.labels[:9] == CLOSED_TREE.labels + OPENED_TREE.labels
    assert closed == CLOSED_TREE
    assert nothing == Tree([], [])


def test_reading_goes_down():
    reader, rows = encoder(), list(zip(TEXTS, TAGS, strict=True))
    torch.manual_seed(0)
    before = reader.eval().loss(TEXTS, TAGS).item()
    tree_teacher.learn_to_read(reader, rows, steps=30, seed=0)
    torch.manual_seed(0)
    assert reader.eval().loss(TEXTS, TAGS).item() < 0.7 * before


def test_no_guess_hears_the_word_it_is_to_guess():
    reader = encoder().eval()
    vectors, *_ = reader(reader.encode([CLOSED]))
    assert vectors.shape[1] == 3
    _, left, deeper, right, rightmost = reader(reader.encode([CLOSED]))
    changed = [*CLOSED[:2], "通车。"]
    _, left2, deeper2, _, _ = reader(reader.encode([changed]))
    assert torch.allclose(left[:, :2], left2[:, :2])
    assert torch.allclose(deeper[:, :2], deeper2[:, :2])
    _, _, _, right2, rightmost2 = reader(reader.encode([["大桥", *CLOSED[1:]]]))
    assert torch.allclose(right[:, 1:], right2[:, 1:])
    assert torch.allclose(rightmost[:, 1:], rightmost2[:, 1:])
    assert not torch.allclose(right[:, 0], right2[:, 0])


@pytest.fixture
def files(tmp_path):
    """Documents, trees of some of their sentences, and tags."""
    texts = {"a": "学校今日关闭。市议会批准新的工程。", "b": "大桥通车。"}
    documents = tmp_path / "documents.jsonl"
    rows = [{"id": name, "text": text} for name, text in texts.items()]
    documents.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    trees = [
        {"id": "a", "start": 0, "heads": [2, 2, -1], "labels": ["SBV", "ADV", "HED"]},
        {"id": "a", "start": 3, "heads": [1, -1, 4, 2, 1], "labels": ["SBV", "HED", "ATT", "RAD", "VOB"]},
        {"id": "b", "start": 0, "heads": [1, -1], "labels": ["SBV", "HED"]},
    ]
    with gzip.open(tmp_path / "trees.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in trees)
    tags = tmp_path / "tags.jsonl"
    lines = [{"words": words, "tags": row} for words, row in zip(TEXTS, TAGS, strict=True)]
    tags.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return tmp_path


def test_trees_are_read_with_the_words_of_their_documents(files):
    rows = grow_trees.read_trees(files / "trees.jsonl.gz", files / "documents.jsonl", "zh")
    assert [words for words, _ in rows] == [
        *(["学校", "今日", "关闭。"], ["市议会", "批准", "新", "的", "工程。"], ["大桥", "通车。"])
    ]
    assert rows[2][1] == Tree([1, -1], ["SBV", "HED"])


def test_a_tree_of_a_document_that_is_missing_ends_it(files):
    (files / "documents.jsonl").write_text('{"id": "b", "text": "大桥通车。"}\n', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"documents.jsonl: no document a, which .*trees.jsonl.gz asks for"):
        grow_trees.read_trees(files / "trees.jsonl.gz", files / "documents.jsonl", "zh")


def grow(files, monkeypatch, *options):
    paths = {"documents": files / "documents.jsonl", "treebank": files / "trees.jsonl.gz"}
    given = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    arguments = [str(files / "tags.jsonl"), *given, "--model", "zh", "--output", str(files / "out.jsonl")]
    few = ["--reading-steps", "2", "--epochs", "1", "--teachers", "2", *options]
    monkeypatch.setattr(sys, "argv", ["grow_trees.py", *arguments, *few])
    grow_trees.main()


def test_every_text_gets_a_tree_and_keeps_its_tags(files, monkeypatch):
    grow(files, monkeypatch)
    rows = [json.loads(line) for line in (files / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["words"] for row in rows] == TEXTS
    assert [row["tags"] for row in rows] == TAGS
    for row in rows:
        roots = [i for i, head in enumerate(row["heads"]) if head == -1 and row["labels"][i]]
        assert len(roots) == 1
        assert all(
            (label == "") == (word == ",") for word, label in zip(row["words"], row["labels"], strict=True)
        )


def test_measuring_writes_nothing(files, monkeypatch, capsys):
    with gzip.open(files / "trees.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = lines.readlines()
    with gzip.open(files / "trees.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(random.Random(0).choices(rows, k=16))
    grow(files, monkeypatch, "--measure")
    assert "'heads': " in capsys.readouterr().out
    assert not (files / "out.jsonl").exists()


def test_the_shipped_treebank_is_of_trees():
    with gzip.open(grow_trees.TREEBANK, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    known = {
        "",
        "HED",
        "SBV",
        "VOB",
        "FOB",
        "IOB",
        "DBL",
        "ATT",
        "ADV",
        "POB",
        "CMP",
        "COO",
        "SER",
        "LAD",
        "RAD",
    }
    known |= {"NAM", "IS"}
    assert len(rows) > 1000
    for row in rows:
        assert set(row) == {"id", "start", "heads", "labels"}
        assert set(row["labels"]) <= known
        roots = [i for i, label in enumerate(row["labels"]) if label and row["heads"][i] == -1]
        assert [row["labels"][i] for i in roots] == ["HED"]
        for i, label in enumerate(row["labels"]):
            seen = set()
            while label and i not in seen and i != -1:
                seen.add(i)
                i = row["heads"][i]
            assert not label or i == -1
