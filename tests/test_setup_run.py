from __future__ import annotations

import os

import pytest
import toy

from textae.checkpoint import write_parser
from textae.errors import CheckpointError, UsageError
from textae.parser import DependencyParser
from textae.setup_run import open_parser
from textae.tagger import WordTagger


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A parser of English and a tagger of Chinese, by whether it is Chinese."""
    folder = tmp_path_factory.mktemp("parsers")
    write_parser(folder / "english", DependencyParser(["ferry"], ["NN"], ["ROOT"]))
    write_parser(folder / "chinese", WordTagger(["渡轮"], ["渡"], ["B-n"]))
    return {False: folder / "english", True: folder / "chinese"}


def opened(parser, chinese):
    return open_parser(toy.config(parser=str(parser), chinese=chinese))


@pytest.mark.parametrize("chinese", [False, True])
def test_a_run_that_names_no_parser_has_none(chinese):
    assert opened("", chinese) is None


def test_an_english_run_has_a_parser_and_a_chinese_one_a_tagger(folders):
    parser, tagger = opened(folders[False], False), opened(folders[True], True)
    assert isinstance(parser, DependencyParser)
    assert parser.words == ["ferry"]
    assert isinstance(tagger, WordTagger)
    assert tagger.words == ["渡轮"]
    assert not parser.training
    assert not tagger.training


def test_the_parser_of_a_model_is_one_too():
    assert isinstance(opened("en", False), DependencyParser)


@pytest.mark.parametrize(("chinese", "language"), [(False, "Chinese"), (True, "English")])
def test_a_parser_of_the_other_language_is_refused_in_one_line(folders, chinese, language):
    other = folders[not chinese]
    with pytest.raises(UsageError) as raised:
        opened(other, chinese)
    message = f"parser: {other} reads {language}; set chinese or take another parser"
    assert str(raised.value) == message


def test_a_parser_that_is_nowhere_or_damaged_is_a_checkpoint_error(folders, tmp_path):
    with pytest.raises(CheckpointError, match="no such model"):
        opened(tmp_path / "nowhere", True)
    write_parser(tmp_path / "damaged", WordTagger(["渡轮"], ["渡"], ["B-n"]))
    os.truncate(tmp_path / "damaged" / "model.safetensors", 50)
    with pytest.raises(CheckpointError, match=r"damaged: no usable parser"):
        opened(tmp_path / "damaged", True)
