from __future__ import annotations

import os

import pytest
import toy

from textae.checkpoint import write_parser
from textae.errors import CheckpointError, UsageError
from textae.parser import DependencyParser
from textae.setup_run import open_parser


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Parsers of English and of Chinese, by whether it is Chinese."""
    folder = tmp_path_factory.mktemp("parsers")
    write_parser(folder / "english", DependencyParser(["ferry"], ["NN"], ["ROOT"]))
    write_parser(folder / "chinese", DependencyParser(["渡轮"], ["B-n"], ["HED"], chinese=True))
    return {False: folder / "english", True: folder / "chinese"}


def opened(parser, chinese):
    return open_parser(toy.config(parser=str(parser), chinese=chinese))


@pytest.mark.parametrize("chinese", [False, True])
def test_a_run_that_names_no_parser_has_none(chinese):
    assert opened("", chinese) is None


@pytest.mark.parametrize(("chinese", "word"), [(False, "ferry"), (True, "渡轮")])
def test_a_run_has_the_parser_that_it_names(folders, chinese, word):
    parser = opened(folders[chinese], chinese)
    assert parser.words == [word]
    assert parser.chinese == chinese
    assert not parser.training


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
    write_parser(tmp_path / "damaged", DependencyParser(["渡轮"], ["B-n"], ["HED"], chinese=True))
    os.truncate(tmp_path / "damaged" / "model.safetensors", 50)
    with pytest.raises(CheckpointError, match=r"damaged: no usable parser"):
        opened(tmp_path / "damaged", True)
