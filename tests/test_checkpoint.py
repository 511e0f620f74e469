from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
import toy
from transformers import AutoModel, AutoModelForSeq2SeqLM, AutoTokenizer

from textae import checkpoint
from textae.checkpoint import (
    Progress,
    read_model,
    read_parser,
    read_progress,
    read_search,
    read_start,
    resolve,
    resolve_parser,
    write_model,
    write_parser,
    write_progress,
    write_search,
)
from textae.counts import Counts
from textae.errors import CheckpointError
from textae.parser import DependencyParser
from textae.salience import SalienceTagger, Vocabulary
from textae.search import Search


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return toy.checkpoint(tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "model")


def same(one, other):
    assert one.state_dict().keys() == other.state_dict().keys()
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_a_model_has_the_layout_that_is_promised(saved):
    names = {path.name for path in saved.iterdir()}
    assert names == {
        *("config.json", "tokenizer.json", "tokenizer_config.json"),
        *("generator", "reconstructor", "language_model"),
    }
    assert json.loads((saved / "config.json").read_text())["format"] == "textae"
    weights = [path for path in saved.rglob("*") if path.suffix in (".bin", ".pt", ".pkl", ".safetensors")]
    assert {path.name for path in weights} == {"model.safetensors"}


def test_networks_come_back_as_they_were_written(tmp_path):
    networks = {"generator": toy.network(1), "language_model": toy.language_model(2)}
    before = {name: {k: v.clone() for k, v in n.state_dict().items()} for name, n in networks.items()}
    write_model(tmp_path / "exact", {"note": "é"}, toy.tokenizer(), networks, torch.float32)
    settings, tokenizer, opened, _ = read_model(tmp_path / "exact")
    assert settings == {"format": "textae", "note": "é"}
    assert tokenizer.get_vocab() == toy.tokenizer().get_vocab()
    assert opened.keys() == networks.keys()
    assert all(same(networks[name], opened[name]) for name in networks)

    write_model(tmp_path / "small", {}, toy.tokenizer(), networks, torch.float16)
    # Rounded on disk, and nowhere else.
    for name, network in networks.items():
        assert network.dtype == torch.float32
        assert all(torch.equal(value, before[name][k]) for k, value in network.state_dict().items())
    rounded = read_model(tmp_path / "small")[2]["generator"]
    assert rounded.dtype == torch.float32
    assert not same(rounded, networks["generator"])
    sizes = [
        (tmp_path / kind / "generator" / "model.safetensors").stat().st_size for kind in ("exact", "small")
    ]
    assert sizes[1] < 0.7 * sizes[0]


def split(*texts):
    return [text.split() for text in texts]


HEADLINES = split("council opens bridge", "storm closes schools", "mayor cuts ferry jobs") * 10
STORIES = split("the council opened a bridge, it said.", "a storm closed schools", "the mayor cut jobs") * 4


def searching(*, tagged=True, parsed=True, chinese=False, seed=0):
    """A search with random weights."""
    torch.manual_seed(seed)
    words = sorted({word for text in STORIES for word in text})
    labels = ["ROOT", "nsubj", "dobj", "det", "punct"]
    return Search(
        Counts.of(HEADLINES, STORIES),
        chinese,
        (SalienceTagger().eval(), Vocabulary.of(STORIES)) if tagged else None,
        DependencyParser(words, ["DT", "NN", "VBD"], labels).eval() if parsed else None,
    )


def networks_of(search):
    networks = {"salience": search.salience and search.salience[0], "parser": search.parser}
    return {name: network for name, network in networks.items() if network}


def weights(search):
    return {
        f"{kind}.{name}": value
        for kind, network in networks_of(search).items()
        for name, value in network.state_dict().items()
    }


def written(search):
    return search.write(STORIES[:3] * 8, [n for n in range(1, 9) for _ in range(3)])


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searching") / "model"
    networks = {"generator": toy.network()}
    write_model(folder, {}, toy.tokenizer(), networks, torch.float16, searching())
    return folder


@pytest.fixture
def searcher_copy(searcher, tmp_path):
    return shutil.copytree(searcher, tmp_path / "model")


def test_a_search_has_the_layout_that_is_promised(searcher):
    files = {str(path.relative_to(searcher / "search")) for path in (searcher / "search").rglob("*.*")}
    assert files == {
        *("config.json", "counts.npz", "salience.safetensors"),
        *("parser/config.json", "parser/model.safetensors"),
    }
    with np.load(searcher / "search" / "counts.npz", allow_pickle=False) as arrays:
        assert "human.pairs" in arrays
        assert all(array.dtype.kind in "iu" for array in arrays.values())


@pytest.mark.parametrize("tagged", [False, True])
@pytest.mark.parametrize("parsed", [False, True])
def test_a_search_comes_back_and_writes_the_same(tmp_path, tagged, parsed):
    search = searching(tagged=tagged, parsed=parsed)
    before = {name: tensor.clone() for name, tensor in weights(search).items()}
    write_model(tmp_path / "model", {}, toy.tokenizer(), {"generator": toy.network()}, torch.float16, search)
    # Rounded on disk, and nowhere else.
    assert all(torch.equal(value, before[name]) for name, value in weights(search).items())
    opened = read_model(tmp_path / "model")[3]
    assert (opened.salience is None, opened.parser is None) == (not tagged, not parsed)
    assert not parsed or not opened.parser.training
    for network in networks_of(search).values():
        network.load_state_dict({name: value.half().float() for name, value in network.state_dict().items()})
    assert weights(opened).keys() == weights(search).keys()
    for name, value in weights(search).items():
        assert torch.equal(weights(opened)[name], value)
        assert weights(opened)[name].dtype == torch.float32
    assert written(opened) == written(search)
    assert len(set(map(str, written(search)))) > 3
    if tagged:
        assert opened.salience[1].words == search.salience[1].words
    if parsed:
        parts = ("words", "tags", "labels")
        assert all(getattr(opened.parser, part) == getattr(search.parser, part) for part in parts)


@pytest.mark.parametrize("chinese", [False, True])
def test_a_search_knows_its_language(tmp_path, chinese):
    search = searching(tagged=False, parsed=False, chinese=chinese)
    write_search(tmp_path / "search", search)
    opened = read_search(tmp_path / "search")
    assert opened.chinese is chinese
    assert opened.compressor.weights == search.compressor.weights


CHINESE = split("市议会 昨日 批准 工程, 渡轮 公司 关闭 旧桥。", "台风 关闭 学校", "公司 批准 工程。")
TAGS = ["B-ORG", "B-TIME", "B-n", "B-v", "I-ORG"]


def chinese_parser(seed=0):
    torch.manual_seed(seed)
    words = sorted({word for text in CHINESE for word in text})
    return DependencyParser(words, TAGS, ["SBV", "VOB", "HED", "ATT"], chinese=True).eval()


def test_a_chinese_parser_comes_back_and_parses_the_same(tmp_path):
    network = chinese_parser()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    write_parser(tmp_path / "parser", network)
    opened = read_parser(tmp_path / "parser")
    assert opened.chinese
    assert not opened.training
    assert opened.known == network.known
    # Rounded on disk, and nowhere else.
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not same(opened, network)
    network.load_state_dict({name: value.half().float() for name, value in before.items()})
    assert same(opened, network)
    assert opened.tag.weight.dtype == torch.float32
    assert list(opened.parse(CHINESE)) == list(network.parse(CHINESE))
    assert len({tag for parse in opened.parse(CHINESE) for tag in parse.tags}) > 1


def test_weights_of_the_other_language_are_an_error(tmp_path):
    write_parser(tmp_path / "english", DependencyParser(["ferry"], ["NN"], ["ROOT"]))
    write_parser(tmp_path / "chinese", DependencyParser(["渡轮"], ["NN"], ["ROOT"], chinese=True))
    for one, other in [("english", "chinese"), ("chinese", "english")]:
        shutil.copytree(tmp_path / one, tmp_path / f"mixed {one}")
        shutil.copy(tmp_path / other / "model.safetensors", tmp_path / f"mixed {one}")
        with pytest.raises(CheckpointError, match="no usable parser"):
            read_parser(tmp_path / f"mixed {one}")


def test_a_chinese_search_with_a_parser_comes_back_and_writes_the_same(tmp_path):
    network = chinese_parser()
    search = Search(Counts.of(CHINESE * 10, CHINESE * 4), chinese=True, parser=network)
    write_search(tmp_path / "search", search)
    opened = read_search(tmp_path / "search")
    assert opened.chinese
    assert opened.parser.chinese
    network.load_state_dict({name: value.half().float() for name, value in network.state_dict().items()})
    lengths = [n for n in range(1, 13) for _ in CHINESE]
    texts = CHINESE * 12
    assert opened.write(texts, lengths) == search.write(texts, lengths)
    assert opened.write(texts, lengths) != Search(search.counts, chinese=True).write(texts, lengths)


@pytest.fixture
def chinese_folder(tmp_path):
    write_parser(tmp_path / "parser", chinese_parser())
    return tmp_path / "parser"


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["removed", "emptied", "half"])
def test_a_damaged_parser_is_an_error(chinese_folder, name, damage):
    file = chinese_folder / name
    if damage == "removed":
        file.unlink()
    else:
        os.truncate(file, 0 if damage == "emptied" else file.stat().st_size // 2)
    with pytest.raises(CheckpointError, match="no usable parser") as raised:
        read_parser(chinese_folder)
    assert str(raised.value).startswith(f"{chinese_folder}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"words": None},
        {"tags": None},
        {"labels": ["ROOT"]},
        {"tags": TAGS[1:]},
        {"chinese": None},
        {"heads": 1},
    ],
)
def test_a_parsers_config_that_tells_something_else_is_an_error(chinese_folder, changes):
    file = chinese_folder / "config.json"
    known = {**json.loads(file.read_text(encoding="utf-8")), **changes}
    known = {name: value for name, value in known.items() if value is not None}
    file.write_text(json.dumps(known), encoding="utf-8")
    with pytest.raises(CheckpointError, match="no usable parser") as raised:
        read_parser(chinese_folder)
    assert "\n" not in str(raised.value)


def test_a_model_without_a_search_has_none(saved, searcher_copy):
    assert read_model(saved)[3] is None
    assert read_model(searcher_copy)[3] is not None
    shutil.rmtree(searcher_copy / "search")
    assert read_model(searcher_copy)[3] is None


def test_writing_a_model_without_a_search_removes_the_one_before(searcher_copy):
    write_model(searcher_copy, {}, toy.tokenizer(), {"generator": toy.network()}, torch.float16)
    assert read_model(searcher_copy)[3] is None


PARTS = [
    ("search", "config.json"),
    ("search", "counts.npz"),
    ("search", "salience.safetensors"),
    ("search/parser", "config.json"),
    ("search/parser", "model.safetensors"),
]


def assert_one_line_about(folder, model):
    with pytest.raises(CheckpointError) as raised:
        read_model(model)
    message = str(raised.value)
    assert message.startswith(f"{folder}: no usable {'parser' if folder.name == 'parser' else 'search'} in")
    assert "\n" not in message


@pytest.mark.parametrize(("place", "name"), PARTS)
@pytest.mark.parametrize("damage", ["removed", "emptied", "half", "all but its end", "nonsense"])
def test_a_damaged_search_is_an_error(searcher_copy, place, name, damage):
    file = searcher_copy / place / name
    size = file.stat().st_size
    if damage == "removed":
        file.unlink()
    elif damage == "nonsense":
        file.write_bytes(b"[1, 2]\n" * 40)
    else:
        # A line's end is no part of what a config tells.
        os.truncate(file, {"emptied": 0, "half": size // 2, "all but its end": size - 2}[damage])
    assert_one_line_about(searcher_copy / place, searcher_copy)


@pytest.mark.parametrize(("place", "name"), [part for part in PARTS if part[1] == "config.json"])
@pytest.mark.parametrize("content", ["{}", "[]", "3", "null", '"chinese"', '{"chinese": fal', "\0"])
def test_a_config_that_tells_something_else_is_an_error(searcher_copy, place, name, content):
    (searcher_copy / place / name).write_text(content)
    assert_one_line_about(searcher_copy / place, searcher_copy)


def test_weights_of_another_parser_are_an_error(searcher_copy):
    write_parser(searcher_copy / "other", DependencyParser(["ferry"], ["NN"], ["ROOT", "nsubj"]))
    shutil.copy(searcher_copy / "other" / "model.safetensors", searcher_copy / "search" / "parser")
    # Torch says of every tensor on a line of its own that it does not fit.
    assert_one_line_about(searcher_copy / "search" / "parser", searcher_copy)


def test_counts_that_were_altered_or_lack_a_part_are_an_error(searcher_copy):
    file = searcher_copy / "search" / "counts.npz"
    content = file.read_bytes()
    with np.load(file, allow_pickle=False) as arrays:
        parts = dict(arrays)
    for name in parts:
        np.savez(file, **{other: array for other, array in parts.items() if other != name})
        assert_one_line_about(searcher_copy / "search", searcher_copy)
    np.savez(file, **{**parts, "human.seen": parts["human.seen"][:-1]})
    assert_one_line_about(searcher_copy / "search", searcher_copy)
    np.savez(file, **{**parts, "words": np.array([{"pickled": True}])}, allow_pickle=True)
    assert_one_line_about(searcher_copy / "search", searcher_copy)
    # A bit in the middle of the packed numbers.
    place = content.index(b"human.pairs.npy") + 60
    file.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
    assert_one_line_about(searcher_copy / "search", searcher_copy)
    file.write_bytes(content)
    assert read_model(searcher_copy)[3] is not None


def test_an_interrupted_write_of_a_search_leaves_the_old_one(tmp_path, monkeypatch):
    search = searching(parsed=False)
    write_search(tmp_path / "search", search)

    class InterruptionError(Exception):
        pass

    def interrupt():
        raise InterruptionError

    monkeypatch.setattr(search.counts, "to_arrays", interrupt)
    with pytest.raises(InterruptionError):
        write_search(tmp_path / "search", search)
    assert [path.name for path in tmp_path.iterdir()] == ["search"]
    assert read_search(tmp_path / "search").salience is not None


def test_a_parser_is_found_in_its_folder_or_in_that_of_a_model(saved, searcher, tmp_path, monkeypatch):
    inside = searcher / "search" / "parser"
    assert resolve_parser(str(inside)) == inside
    assert resolve_parser(str(searcher)) == inside
    shutil.copytree(searcher, tmp_path / "run" / "model")
    assert resolve_parser(str(tmp_path / "run")) == tmp_path / "run" / "model" / "search" / "parser"
    shutil.copytree(searcher, tmp_path / "bundled" / "en")
    monkeypatch.setattr(checkpoint, "_BUNDLED", tmp_path / "bundled")
    assert resolve_parser("en") == tmp_path / "bundled" / "en" / "search" / "parser"
    write_parser(tmp_path / "alone", DependencyParser(["ferry"], ["NN"], ["ROOT"]))
    assert read_parser(resolve_parser(str(tmp_path / "alone"))).words == ["ferry"]
    with pytest.raises(CheckpointError, match="missing: no such model; bundled are: en;"):
        resolve_parser("missing")
    with pytest.raises(CheckpointError, match=f"{saved}.*no usable parser"):
        read_parser(resolve_parser(str(saved)))


def test_any_reader_of_transformers_opens_it(saved):
    assert AutoTokenizer.from_pretrained(saved).get_vocab() == toy.tokenizer().get_vocab()
    for name in ("generator", "reconstructor"):
        AutoModelForSeq2SeqLM.from_pretrained(saved / name)
    AutoModel.from_pretrained(saved / "language_model")


def test_writing_replaces_what_was_there(folder):
    write_model(folder, {"note": "new"}, toy.tokenizer(), {"generator": toy.network(5)}, torch.float32)
    settings, _, networks, _ = read_model(folder)
    assert settings["note"] == "new"
    assert networks.keys() == {"generator"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_an_interrupted_write_leaves_the_old_one(folder):
    class InterruptionError(Exception):
        pass

    class Unwritable(torch.nn.Module):
        def save_pretrained(self, _):
            raise InterruptionError

    networks = {"generator": toy.network(5), "reconstructor": Unwritable()}
    with pytest.raises(InterruptionError):
        write_model(folder, {"note": "new"}, toy.tokenizer(), networks, torch.float32)
    settings, _, networks, _ = read_model(folder)
    assert settings["description"] == "a toy"
    assert networks.keys() == {"generator", "reconstructor", "language_model"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_model_is_found_by_name_by_folder_or_by_its_run(saved, tmp_path, monkeypatch):
    bundled = tmp_path / "bundled"
    shutil.copytree(saved, bundled / "en")
    (bundled / "README.md").write_text("no model")
    monkeypatch.setattr(checkpoint, "_BUNDLED", bundled)
    assert [(entry.name, entry.description) for entry in checkpoint.list_models()] == [("en", "a toy")]
    assert resolve("en") == bundled / "en"
    assert resolve(saved) == resolve(str(saved)) == saved
    shutil.copytree(saved, tmp_path / "run" / "model")
    assert resolve(tmp_path / "run") == tmp_path / "run" / "model"
    with pytest.raises(CheckpointError, match="missing: no such model; bundled are: en;"):
        resolve("missing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no config.json"),
        (b"", "unreadable"),
        (b"{", "unreadable"),
        (b"\xff\xfe{}", "unreadable"),
        (b"[]", "another program's"),
        (b'{"model_type": "bart"}', "another program's"),
    ],
)
def test_a_folder_without_our_config_is_not_a_checkpoint(folder, content, message):
    (folder / "config.json").unlink()
    if content is not None:
        (folder / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        read_model(folder)


def test_a_checkpoint_without_a_generator_is_not_whole(folder):
    shutil.rmtree(folder / "generator")
    with pytest.raises(CheckpointError, match="no generator"):
        read_model(folder)


@pytest.mark.parametrize("name", ["generator", "language_model"])
def test_a_truncated_weight_file_is_an_error(folder, name):
    file = folder / name / "model.safetensors"
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(CheckpointError, match=name):
        read_model(folder)


def test_a_start_is_our_networks_or_twice_another_model(saved, tmp_path):
    assert read_start(str(saved)).keys() == {"generator", "reconstructor", "language_model"}
    toy.network(3).save_pretrained(tmp_path / "other")
    networks = read_start(str(tmp_path / "other"))
    assert networks.keys() == {"generator", "reconstructor"}
    assert same(networks["generator"], networks["reconstructor"])
    assert networks["generator"] is not networks["reconstructor"]
    shutil.copytree(saved, tmp_path / "damaged")
    os.truncate(tmp_path / "damaged" / "generator" / "model.safetensors", 50)
    with pytest.raises(CheckpointError, match="damaged"):
        read_start(str(tmp_path / "damaged"))


def progress(done, seed=0):
    torch.manual_seed(seed)
    tensors = {"weights": torch.randn(3, 2), "count": torch.tensor(7), "empty": torch.zeros(0)}
    return Progress(stage=1, step=done - 3, done=done, tensors=tensors)


def test_progress_comes_back_to_the_bit(tmp_path):
    assert read_progress(tmp_path) is None
    write_progress(tmp_path, progress(5))
    known = read_progress(tmp_path)
    assert (known.stage, known.step, known.done) == (1, 2, 5)
    assert known.tensors.keys() == progress(5).tensors.keys()
    assert all(torch.equal(value, progress(5).tensors[name]) for name, value in known.tensors.items())


def test_tensors_that_are_views_or_want_gradients_are_written(tmp_path):
    base = torch.randn(4, 4, requires_grad=True)
    write_progress(tmp_path, Progress(0, 1, 1, {"turned": base.T}))
    assert torch.equal(read_progress(tmp_path).tensors["turned"], base.T)


def test_only_the_newest_state_stays(tmp_path):
    for done in (5, 10, 9, 100):
        write_progress(tmp_path, progress(done))
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["step-100"]
    # A kill between writing a state and removing the one before leaves both.
    shutil.copytree(tmp_path / "state" / "step-100", tmp_path / "state" / "step-99")
    (tmp_path / "state" / ".step-200.1.partial").mkdir()
    assert read_progress(tmp_path).done == 100
    write_progress(tmp_path, progress(101))
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["step-101"]


@pytest.mark.parametrize("name", ["state.safetensors", "progress.json"])
@pytest.mark.parametrize("damage", ["truncated", "removed", "nonsense"])
def test_a_damaged_state_is_an_error(tmp_path, name, damage):
    write_progress(tmp_path, progress(5))
    file = tmp_path / "state" / "step-5" / name
    if damage == "truncated":
        os.truncate(file, file.stat().st_size // 2)
    elif damage == "removed":
        file.unlink()
    else:
        file.write_text('{"stage": 1}')
    with pytest.raises(CheckpointError, match="step-5: damaged state of training"):
        read_progress(tmp_path)


def test_a_state_killed_while_it_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    def write_half_and_die(tensors, file):
        Path(file).write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)

    write_progress(tmp_path, progress(5))
    child = os.fork()
    if child == 0:
        try:
            monkeypatch.setattr(checkpoint, "save_file", write_half_and_die)
            write_progress(tmp_path, progress(6))
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert len(list((tmp_path / "state").iterdir())) == 2
    assert read_progress(tmp_path).done == 5
    write_progress(tmp_path, progress(7))
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["step-7"]
