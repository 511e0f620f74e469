from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import toy

from textae.parser import ROOT
from textae.tokenizer import _normalizer

SCRIPT = Path(__file__).parent.parent / "scripts" / "parse_documents.py"
_spec = importlib.util.spec_from_file_location("parse_documents", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
parse_documents = importlib.util.module_from_spec(_spec)
# Dataclasses look their module up by name.
sys.modules["parse_documents"] = parse_documents
_spec.loader.exec_module(parse_documents)

normalize = _normalizer(False).normalize_str


def prepare(text):
    return parse_documents.prepare(text, normalize)


def cores(prepared):
    return [prepared.tokens[i] for i in prepared.cores]


def test_marks_and_possessives_are_tokens_apart():
    prepared = prepare('The mayor\'s ferry, "Sea Dog," sank.')
    assert prepared.words == ["the", "mayor's", "ferry,", "sea", "dog,", "sank."]
    tokens = ["The", "mayor", "'s", "ferry", ",", '"', "Sea", "Dog", ",", '"', "sank", "."]
    assert prepared.tokens == tokens
    assert prepared.owners == [0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5]
    assert cores(prepared) == ["The", "mayor", "ferry", "Sea", "Dog", "sank"]


@pytest.mark.parametrize(
    ("text", "tokens", "core"),
    [
        ("ferry", ["ferry"], "ferry"),
        ("sailors'", ["sailors", "'"], "sailors"),
        ("mayor’s", ["mayor", "’s"], "mayor"),
        ("Quill's,", ["Quill", "'s", ","], "Quill"),
        ("O'Neill", ["O'Neill"], "O'Neill"),
        ("$3.5", ["$", "3.5"], "3.5"),
        ("1,200.", ["1,200", "."], "1,200"),
        ("10%;", ["10", "%", ";"], "10"),
        ("U.S.", ["U.S."], "U.S."),
        ("U.S.,", ["U.S.", ","], "U.S."),
        ("Corp.", ["Corp."], "Corp."),
        ("Sept.", ["Sept."], "Sept."),
        ("ship.", ["ship", "."], "ship"),
        ("sank.”", ["sank", ".", "”"], "sank"),
    ],
)
def test_a_word_and_what_stands_around_it(text, tokens, core):
    prepared = prepare(f"now {text} then")
    assert prepared.tokens == ["now", *tokens, "then"]
    assert prepared.owners == [0, *[1] * len(tokens), 2]
    assert cores(prepared) == ["now", core, "then"]


def test_a_token_without_a_normal_form_belongs_to_no_word():
    prepared = prepare('The ferry -- an old one " sank.')
    assert prepared.words == ["the", "ferry", "an", "old", "one", "sank."]
    assert prepared.tokens == ["The", "ferry", "--", "an", "old", "one", '"', "sank", "."]
    assert prepared.owners == [0, 1, -1, 2, 3, 4, -1, 5, 5]
    assert cores(prepared) == ["The", "ferry", "an", "old", "one", "sank"]


@pytest.mark.parametrize(
    "text", ["The old--timer sank.", "The ferry , sank.", "It cost $ 5 then.", "The (old)ferry sank."]
)
def test_a_text_whose_two_forms_have_other_words_is_left_out(text):
    assert prepare(text) is None


def test_a_text_without_words_has_none():
    assert prepare("") == parse_documents.Prepared([], [], [], [])
    assert prepare("--").words == []


def test_no_letter_is_lost_and_every_word_has_its_core():
    for text in toy.documents(60):
        prepared = prepare(text)
        assert prepared.words == normalize(text).split()
        assert "".join(prepared.tokens) == "".join(text.split())
        assert prepared.owners == sorted(prepared.owners)
        assert [prepared.owners[core] for core in prepared.cores] == list(range(len(prepared.words)))
        # Longer than what else belongs to the word.
        for word, core in enumerate(prepared.cores):
            own = [t for t, owner in zip(prepared.tokens, prepared.owners, strict=True) if owner == word]
            assert len(prepared.tokens[core]) == max(map(len, own))


def collapsed(tokens, owners, cores, tree):
    """Heads and labels of words; of a token with the number of its head and its label."""
    words = [tokens[core] for core in cores]
    heads, labels = zip(*tree, strict=True)
    return parse_documents.collapse(parse_documents.Prepared(words, tokens, owners, cores), heads, labels)


def test_a_word_hangs_where_its_core_does():
    tokens = ["mayor", "'s", "ferry", ",", "sank", "."]
    tree = [(2, "poss"), (0, "case"), (4, "nsubj"), (4, "punct"), (4, "ROOT"), (4, "punct")]
    heads, labels = collapsed(tokens, [0, 0, 1, 1, 2, 2], [0, 2, 4], tree)
    assert heads == [1, 2, ROOT]
    assert labels == ["poss", "nsubj", "ROOT"]


def test_a_core_that_hangs_on_its_own_ending_hangs_where_that_does():
    # "The ferry's sinking": the ending is the auxiliary.
    tokens = ["The", "ferry", "'s", "sinking"]
    tree = [(1, "det"), (2, "nsubj"), (3, "aux"), (3, "ROOT")]
    heads, labels = collapsed(tokens, [0, 1, 1, 2], [0, 1, 3], tree)
    assert heads == [1, 2, ROOT]
    assert labels == ["det", "aux", "ROOT"]


def test_a_word_on_a_token_that_is_of_no_word_hangs_where_that_does():
    tokens = ["ferry", "--", "-", "sank", "fast"]
    tree = [(1, "nsubj"), (2, "dep"), (3, "punct"), (3, "ROOT"), (3, "advmod")]
    heads, labels = collapsed(tokens, [0, -1, -1, 1, 2], [0, 3, 4], tree)
    assert heads == [1, ROOT, 1]
    assert labels == ["punct", "ROOT", "advmod"]


def test_a_word_on_a_root_that_is_of_no_word_is_a_root():
    tokens = ["ferry", "--", "sank", "fast"]
    tree = [(1, "nsubj"), (1, "ROOT"), (1, "acl"), (2, "advmod")]
    heads, labels = collapsed(tokens, [0, -1, 1, 2], [0, 2, 3], tree)
    assert heads == [ROOT, ROOT, 1]
    assert labels == ["ROOT", "ROOT", "advmod"]


def test_a_core_whose_own_ending_is_the_root_is_one():
    tree = [(1, "nsubj"), (1, "ROOT"), (1, "acomp")]
    assert collapsed(["ferry", "'s", "old"], [0, 0, 1], [0, 2], tree) == ([ROOT, 0], ["ROOT", "acomp"])


@pytest.mark.parametrize("owner", [0, -1])
def test_a_circle_inside_a_word_or_outside_all_ends_at_the_root(owner):
    tree = [(1, "dep"), (0, "dep"), (0, "nsubj")]
    heads, labels = collapsed(["ferry", "'", "sank"], [0, owner, 1], [0, 2], tree)
    assert heads == [ROOT, 0]
    assert labels == ["ROOT", "nsubj"]


def test_two_words_may_hang_on_each_other():
    tree = [(1, "dep"), (0, "nsubj")]
    assert collapsed(["ferry", "sank"], [0, 1], [0, 1], tree) == ([1, 0], ["dep", "nsubj"])


def sentence(words, mark="."):
    return " ".join(["quay"] * words) + mark


def test_a_text_that_is_short_enough_stays_whole():
    for text in ("", sentence(5), f"{sentence(20)} {sentence(50, '')}"):
        assert parse_documents.beginning(text) == text
    assert parse_documents.beginning(" Old \n quay.  ") == "Old quay."


@pytest.mark.parametrize("mark", [".", "?", "!", '."'])
def test_of_a_long_text_the_sentences_are_taken_that_end_in_time(mark):
    whole = f"{sentence(20)} {sentence(30, mark)}"
    assert parse_documents.beginning(f"{whole} {sentence(21)}") == whole
    full = f"{whole} {sentence(20)}"
    assert parse_documents.beginning(f"{full} {sentence(1)}") == full


def test_a_first_sentence_of_few_words_is_not_enough():
    rest = sentence(90, "")
    assert parse_documents.beginning(f"{sentence(12)} {rest}") == sentence(12)
    assert parse_documents.beginning(f"{sentence(11)} {rest}") == f"{sentence(11)} {sentence(59, '')}"
    assert parse_documents.beginning(rest) == sentence(70, "")


def test_rows_are_of_the_texts_whose_two_forms_agree(monkeypatch):
    class Doc(list):
        def __init__(self, vocab, words):
            assert vocab == "vocabulary"
            # Everything hangs on the token behind it.
            last = len(words) - 1
            super().__init__(
                SimpleNamespace(
                    head=SimpleNamespace(i=min(i + 1, last)), dep_=f"on {word}", tag_=word.upper()
                )
                for i, word in enumerate(words)
            )

    spacy, tokens = ModuleType("spacy"), ModuleType("spacy.tokens")
    tokens.Doc = Doc
    monkeypatch.setitem(sys.modules, "spacy", spacy)
    monkeypatch.setitem(sys.modules, "spacy.tokens", tokens)
    pipeline = SimpleNamespace(vocab="vocabulary", pipe=iter)
    texts = ["Quill's ferry sank", "The ferry , sank.", "Old 'Dog' -- sank fast"]
    assert list(parse_documents.parses(texts, normalize, pipeline)) == [
        {
            "words": ["quill's", "ferry", "sank"],
            "heads": [1, 2, ROOT],
            "labels": ["on 's", "on ferry", "ROOT"],
            "tags": ["QUILL", "FERRY", "SANK"],
        },
        {
            "words": ["old", "'dog'", "sank", "fast"],
            "heads": [1, 2, 3, ROOT],
            "labels": ["on Old", "on --", "on sank", "ROOT"],
            "tags": ["OLD", "DOG", "SANK", "FAST"],
        },
    ]
