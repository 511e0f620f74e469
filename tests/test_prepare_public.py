from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from textae.errors import InputError
from textae.textio import read_pairs, read_texts

datasets = pytest.importorskip("datasets")

SCRIPT = Path(__file__).parent.parent / "scripts" / "prepare_public.py"
_spec = importlib.util.spec_from_file_location("prepare_public", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
prepare_public = importlib.util.module_from_spec(_spec)
# Dataclasses look their module up by name.
sys.modules["prepare_public"] = prepare_public
_spec.loader.exec_module(prepare_public)

XSUM = [
    {"document": "The mill  closed.\n\nIts wheel still turns.", "summary": "Old mill closes.", "id": "771"},
    {"document": "A goat won the town race.", "summary": "Goat wins race.", "id": "772"},
    {"document": "Snow fell in May.", "summary": "Late snow falls.", "id": "773"},
    {"document": "The choir lost its tenor.", "summary": "Choir seeks tenor.", "id": "774"},
]
GIGAWORD = [
    {"document": "the mayor -lrb- UNK -rrb- said  `` no '' on ## occasions .", "summary": "mayor says no"},
    {"document": "a kite closed the airport at port ansel .", "summary": "kite shuts airport"},
]
CNN_DAILYMAIL = [
    {
        "article": "A baker found a ring in a loaf. Its owner was found in a week.",
        "highlights": "Baker finds ring in loaf .\nOwner found within a  week .",
        "id": "f00",
    }
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    monkeypatch.setattr(datasets.config, "HF_MODULES_CACHE", str(cache / "modules"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(*arguments: object) -> int:
    return prepare_public.main([str(argument) for argument in arguments])


def write_csv(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(XSUM[0]))
        writer.writeheader()
        writer.writerows(XSUM)
    return path


def write_gzip(path: Path) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in XSUM)
    return path


def write_parquet(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_list(XSUM).to_parquet(path)
    return path


def save_dict(path: Path) -> Path:
    datasets.DatasetDict({"test": datasets.Dataset.from_list(XSUM)}).save_to_disk(path)
    return path


def save_one(path: Path) -> Path:
    datasets.Dataset.from_list(XSUM).save_to_disk(path)
    return path


LOCAL_COPIES = {
    "jsonl": lambda root: write_jsonl(root / "xsum.jsonl", XSUM),
    "jsonl.gz": lambda root: write_gzip(root / "xsum.jsonl.gz"),
    "csv": lambda root: write_csv(root / "xsum.csv"),
    "parquet": lambda root: write_parquet(root / "xsum.parquet"),
    "folder of files": lambda root: write_jsonl(root / "copy" / "test.jsonl", XSUM).parent,
    "conversion branch": lambda root: write_parquet(root / "copy/default/test/0000.parquet").parents[2],
    "saved splits": lambda root: save_dict(root / "saved"),
    "saved split": lambda root: save_one(root / "saved"),
}


@pytest.mark.parametrize("form", LOCAL_COPIES)
def test_every_local_form_gives_the_same_rows(form: str, tmp_path: Path) -> None:
    output = tmp_path / "new" / "out.jsonl"
    assert run("xsum", "--local", LOCAL_COPIES[form](tmp_path), "--output", output) == 0
    rows = read_jsonl(output)
    assert rows[0] == {
        "id": "771",
        "text": "The mill closed.\nIts wheel still turns.",
        "summary": "Old mill closes.",
    }
    assert [row["id"] for row in rows] == ["771", "772", "773", "774"]


def test_gigaword_keeps_its_tokens_and_gets_ids(tmp_path: Path) -> None:
    local = write_jsonl(tmp_path / "gigaword.jsonl", GIGAWORD)
    output = tmp_path / "out.jsonl"
    assert run("gigaword", "--split", "validation", "--local", local, "--output", output) == 0
    assert read_jsonl(output)[0] == {
        "id": "gigaword-validation-0",
        "text": "the mayor -lrb- UNK -rrb- said `` no '' on ## occasions .",
        "summary": "mayor says no",
    }


def test_the_gigaword_mirror_calls_the_document_article(tmp_path: Path) -> None:
    renamed = [{"article": row["document"], "summary": row["summary"]} for row in GIGAWORD]
    local = write_jsonl(tmp_path / "gigaword.jsonl", renamed)
    assert [pair.text for pair in prepare_public.read_pairs("gigaword", "test", local)] == [
        "the mayor -lrb- UNK -rrb- said `` no '' on ## occasions .",
        "a kite closed the airport at port ansel .",
    ]


def test_highlights_stay_one_sentence_a_line(tmp_path: Path) -> None:
    local = write_jsonl(tmp_path / "cnn.jsonl", CNN_DAILYMAIL)
    (pair,) = prepare_public.read_pairs("cnn_dailymail", "test", local)
    assert pair.summary == "Baker finds ring in loaf .\nOwner found within a week ."


def test_a_clone_with_configurations_reads_the_named_one(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    other = [{"article": "The wrong version.", "highlights": "Wrong .", "id": "old"}]
    write_jsonl(clone / "1.0.0" / "test.jsonl", other)
    write_jsonl(clone / "3.0.0" / "test.jsonl", CNN_DAILYMAIL)
    configs = "".join(f"- config_name: {name}\n  data_dir: {name}\n" for name in ("1.0.0", "3.0.0"))
    (clone / "README.md").write_text(f"---\nconfigs:\n{configs}---\n", encoding="utf-8")
    assert [pair.id for pair in prepare_public.read_pairs("cnn_dailymail", "test", clone)] == ["f00"]


def test_unpaired_halves_share_no_story(tmp_path: Path) -> None:
    local = write_jsonl(tmp_path / "xsum.jsonl", XSUM)
    assert run("xsum", "--unpaired", "--local", local, "--output", tmp_path / "halves") == 0
    documents = read_jsonl(tmp_path / "halves" / "documents.jsonl")
    human_text = read_jsonl(tmp_path / "halves" / "human_text.jsonl")
    assert [set(row) for row in documents + human_text] == [{"id", "text"}] * 4
    assert [row["id"] for row in documents] == ["771", "773"]
    assert human_text == [
        {"id": "772", "text": "Goat wins race."},
        {"id": "774", "text": "Choir seeks tenor."},
    ]


def test_unpaired_leaves_out_summaries_of_repeated_stories(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"document": "A goat won.", "summary": "Goat wins.", "id": "even"},
        {"document": "A goat won", "summary": "GOAT WINS.", "id": "same summary"},
        {"document": "Snow fell.", "summary": "Snow falls.", "id": "even"},
        {"document": "A goat  won.", "summary": "Billy takes the crown.", "id": "same document"},
        {"document": "Snow fell.", "summary": "Snow falls.", "id": "even"},
        {"document": "A choir sang.", "summary": "Choir sings.", "id": "its own"},
    ]
    local = write_jsonl(tmp_path / "xsum.jsonl", rows)
    assert run("xsum", "--unpaired", "--local", local, "--output", tmp_path / "halves") == 0
    human_text = read_jsonl(tmp_path / "halves" / "human_text.jsonl")
    assert human_text == [{"id": "its own", "text": "Choir sings."}]
    assert "3 documents and 1 human sentences" in capsys.readouterr().err


def test_the_commands_read_what_it_writes(tmp_path: Path) -> None:
    local = write_jsonl(tmp_path / "cnn.jsonl", CNN_DAILYMAIL * 2)
    assert run("cnn_dailymail", "--local", local, "--output", tmp_path / "pairs.jsonl") == 0
    (first, _) = read_pairs(str(tmp_path / "pairs.jsonl"))
    assert first.references == ["Baker finds ring in loaf .\nOwner found within a week ."]
    local = write_jsonl(tmp_path / "xsum.jsonl", XSUM)
    assert run("xsum", "--unpaired", "--local", local, "--output", tmp_path / "halves") == 0
    human_text = str(tmp_path / "halves" / "human_text.jsonl")
    assert list(read_texts([human_text])) == ["Goat wins race.", "Choir seeks tenor."]


def test_rows_with_nothing_in_them_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"document": " \n", "summary": "Nothing."}, {"document": "Rain.", "summary": None}, *GIGAWORD]
    local = write_jsonl(tmp_path / "gigaword.jsonl", rows)
    assert run("gigaword", "--local", local, "--output", tmp_path / "out.jsonl") == 0
    assert [row["id"] for row in read_jsonl(tmp_path / "out.jsonl")] == ["gigaword-test-2", "gigaword-test-3"]
    captured = capsys.readouterr()
    assert "left out 2 rows" in captured.err
    assert captured.out == ""


BROKEN_COPIES = {
    "nothing there": (lambda root: root / "absent.jsonl", "no such file or folder"),
    "broken row": (lambda root: _text(root / "xsum.jsonl", '{"document": "a", "summ\n'), "cannot be read"),
    "not parquet": (lambda root: _text(root / "xsum.parquet", "plain text"), "cannot be read"),
    "empty file": (lambda root: _text(root / "xsum.jsonl", ""), "no rows in split 'test'"),
    "rows of nothing": (
        lambda root: write_jsonl(root / "xsum.jsonl", [{"document": "", "summary": "a"}] * 2),
        "no row of split 'test' has both",
    ),
    "empty folder": (lambda root: _folder(root / "copy"), "cannot be read"),
    "other columns": (
        lambda root: write_jsonl(root / "xsum.jsonl", [{"body": "a", "title": "b"}]),
        "no column 'document': it has body, title",
    ),
    "other split": (
        lambda root: write_jsonl(root / "copy" / "train.jsonl", XSUM).parent,
        "no split 'test': it has train",
    ),
    "loading script": (
        lambda root: _text(_folder(root / "xsum") / "xsum.py", "").parent,
        "cannot be read",
    ),
}


def _text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize("fault", BROKEN_COPIES)
def test_a_broken_copy_is_one_clear_line_and_leaves_the_old_output(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, message = BROKEN_COPIES[fault]
    local = make(tmp_path)
    output = _text(tmp_path / "out.jsonl", "kept\n")
    assert run("xsum", "--local", local, "--output", output) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"error: {local}: ")
    assert message in captured.err
    assert output.read_text(encoding="utf-8") == "kept\n"
    assert not list(tmp_path.glob("*.part"))


def test_an_unreachable_hub_says_to_give_a_local_copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("cnn_dailymail", "--output", tmp_path / "out.jsonl") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: abisee/cnn_dailymail: cannot reach the Hugging Face hub")
    assert "--local" in error
    assert error.count("\n") == 1


def test_a_missing_datasets_library_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert run("xsum", "--output", tmp_path / "out.jsonl") == 1
    assert 'pip install "textae[datasets]"' in capsys.readouterr().err


def test_wrong_usage_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    local = write_jsonl(tmp_path / "xsum.jsonl", XSUM)
    assert run("xsum", "--local", local, "--output", tmp_path) == 2
    assert "must be a file without --unpaired" in capsys.readouterr().err
    assert run("xsum", "--unpaired", "--local", local, "--output", local) == 2
    assert "must be a folder with --unpaired" in capsys.readouterr().err
    assert read_jsonl(local) == XSUM
    assert run("xsum", "--local", _text(tmp_path / "xsum.docx", ""), "--output", tmp_path / "out.jsonl") == 2
    assert "not a .parquet, .jsonl, .json or .csv file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as exit_:
        run("newsroom", "--output", tmp_path / "out.jsonl")
    assert exit_.value.code == 2


def test_the_hub_is_asked_for_the_right_set(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def load_dataset(
        name: str, config: str | None, *, revision: str | None, streaming: bool
    ) -> dict[str, Any]:
        asked.append((name, config, revision, streaming))
        return {"validation": GIGAWORD}

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert [pair.summary for pair in prepare_public.read_pairs("xsum", "validation")] == [
        "mayor says no",
        "kite shuts airport",
    ]
    assert asked == [("EdinburghNLP/xsum", None, "refs/convert/parquet", True)]
    with pytest.raises(InputError, match="no split 'test': it has validation"):
        list(prepare_public.read_pairs("xsum", "test"))
