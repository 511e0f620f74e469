from __future__ import annotations

import itertools
import random
import re

import pytest
import torch
import toy

from textae.data import pad
from textae.decoding import beam_search, sample
from textae.segment import content_words, count_units, ends_open, is_cjk, numbers
from textae.support import Support
from textae.token_table import TokenTable, writable_tokens
from textae.tokenizer import train_tokenizer

HARD = [
    "Covid-19 hits 1,200 in O'Neill-Kim Corp.'s 3.5-ton plant; profit: $43.7 million (10%).",
    "3.5 3 5 35 3.55 33 3,500 500",
    "王明說：公司NBA增長3.5%，股價上升1,200元。COVID-19！",
    "㝢㝣🙂王 a㝢b 12噸3.5",
    "of the of and 's , . - '",
    "...",
    "U.S.'s u.s. us U.S.A. ab'cd'ef ab'cd ab",
    "Kabul Karzai kabul karzai Karzai's Kabul, ka",
    "don't didn't doesn't do n't did n't",
]


@pytest.fixture(scope="module")
def tokenizer():
    return toy.tokenizer()


@pytest.fixture(scope="module")
def table(tokenizer):
    return TokenTable.build(tokenizer, toy.writable())


def encode(tokenizer, documents):
    rows = [
        [tokenizer.convert_tokens_to_ids("<length_5>"), *row]
        for row in tokenizer(documents, add_special_tokens=False)["input_ids"]
    ]
    ids = pad(rows, tokenizer.pad_token_id)
    return ids, torch.arange(ids.shape[1]) < torch.tensor([len(row) for row in rows]).unsqueeze(1)


def bare(word):
    """A word without the marks that may be joined to it."""
    return re.sub(r"(?:'s|[.,;:?!'…。、])+$", "", word)


def accepts(tokenizer, table, document, summary, limit=20):
    """Whether ``Support`` lets a summary through, token by token and ending there."""
    ids, mask = encode(tokenizer, [document])
    support = Support(table, ids, mask, torch.tensor([limit]))
    for token in tokenizer(summary, add_special_tokens=False)["input_ids"]:
        column = column_of(support, token)
        if column is None or not support.allowed()[0, column]:
            return False
        support.advance(torch.tensor([column]))
    return bool(support.allowed()[0, column_of(support, tokenizer.eos_token_id)])


def column_of(support, token):
    """Where a token stands among the choices of the first document, if anywhere."""
    choices = support.choices
    columns = torch.arange(choices.width)
    tokens = choices.select(torch.zeros_like(columns)).tokens(columns)
    places = columns[tokens == token].tolist()
    return places[0] if places else None


@pytest.mark.parametrize(
    ("document", "summary", "accepted"),
    [
        ("Exxon Mobil won.", "exxon won", True),
        ("Exxon Mobil won.", "mobil exxon", False),  # In the document's order, so that nobody changes sides.
        ("Exxon Mobil won.", "ex won", False),  # but not in part,
        ("Exxon won. It extends.", "exxtends", False),  # nor glued from two.
        ("Prices rose 3.5 percent.", "rose 3.5 percent", True),
        ("Prices rose 3.5 percent.", "rose 3", False),
        ("Prices rose 3.5 percent.", "rose 5", False),
        ("Prices rose 3 to 5.", "rose 3.5", False),
        ("Prices rose 3.5 and 3 fell.", "rose 3", True),
        ("It cost $43.7 billion.", "cost $43.7 billion", True),
        ("It cost $43.7 billion.", "cost 43.7 billion", False),
        ("It has 1,200 votes.", "has 1,200 votes", True),
        ("It has 1,200 votes.", "has 1", False),
        ("Up 10%, then 20%.", "up 10%", True),
        ("Up 10%, then 20%.", "up 10", False),
        ("It opens in 2024. Later.", "opens in 2024", True),  # The full stop is no part of the number.
        ("Motors's 7 farms, closed", "motors's 7 farms, closed", True),
        ("O'Neill and O", "o'neill", True),
        ("O'Neill lost", "o", False),
        ("ex-Mayor Quill", "ex-mayor quill", True),
        ("ex-Mayor Quill", "ex", False),
        ("Motors' farms", "motors' farms", True),
        ("Motors' farms", "motors farms", True),
        ("Motors farms", "motors' farms", False),
        ("Motors' farms", "farms motors'", False),
        ("Kabul waits for Karzai", "kabul karzai", True),  # A common first piece does not make one word.
        ("Kabul waits for Kabul", "kabul kabul", False),
        ("Kabul, and Kabul.", "kabul, kabul", False),
        ("Berlin waits", "talks talks", False),
        ("Talks, talks and talks", "talks, talks", False),
        ("Berlin waits", "berlin, talks", True),
        ("Berlin waits", "berlin,", False),
        ("Berlin's wait", "berlin's", False),
        ("Berlin waits", "berlin',", False),
        ("it is in of", "it is in", False),
        ("it is talks", "it it talks", False),
        ("Berlin waits", ", berlin", False),
        ("Berlin </s> <pad> waits", "berlin waits", True),
        ("王明增長3.5%和NBA", "增長3.5%", True),
        ("王明增長3.5%和NBA", "3.5%nba", False),  # Latin words must not run together.
        ("王明增長3.5%和NBA", "王明nba", True),
        ("王明增長3.5%和NBA", "增長3", False),
        ("王明增長3.5%和NBA", "王王", False),
    ],
)
def test_words_are_copied_whole_or_not_at_all(tokenizer, table, document, summary, accepted):
    assert accepts(tokenizer, table, document, summary) == accepted


@pytest.fixture(scope="module")
def numbers_tokenizer():
    """One to which number and magnitude words are single tokens, as to a large one they are."""
    words = ["profit", "rose", "percent", "million", "one", "two", "hundred", "thousand"]
    words += ["farms", "several", "votes", "to", "has", "it"]
    draw = random.Random(0)
    return train_tokenizer([" ".join(draw.sample(words, 6)) for _ in range(300)], 420)


@pytest.mark.parametrize(
    ("document", "summary", "accepted"),
    [
        ("Profit rose 18 percent to 64 million.", "profit rose 64 million", True),
        ("Profit rose 18 percent to 64 million.", "profit rose 18 percent", True),
        ("Profit rose 18 percent to 64 million.", "profit rose 18 million", False),
        ("Profit rose 18 percent to 64 million.", "profit rose 64 percent", False),
        ("Profit rose 18 percent to 64 million.", "profit rose 64", False),
        ("Profit rose 18 percent to 64 million.", "million profit", False),
        ("Several million votes, 18 farms", "18 million", False),
        ("Several million votes, 18 farms", "several million 18 farms", True),
        ("It has $43.7 million", "$43.7 million", True),
        ("It has $43.7 million", "has $43.7", False),
        ("One hundred thousand votes", "one hundred thousand votes", True),
        ("One hundred thousand votes", "one hundred votes", False),
        ("Two votes, one million", "two million", False),
        ("64 million or 64 farms", "64 farms", True),
        ("Votes to million", "to to million", False),
        ("Votes to million", "to votes to million", True),
        ("profit 12, million", "profit 12", True),
    ],
)
def test_a_number_keeps_its_magnitude(numbers_tokenizer, document, summary, accepted):
    assert {"▁million", "▁percent", "▁hundred", "▁one"} <= set(numbers_tokenizer.get_vocab())
    writable = [numbers_tokenizer.eos_token_id, numbers_tokenizer.convert_tokens_to_ids("▁percent")]
    table = TokenTable.build(numbers_tokenizer, writable)
    assert accepts(numbers_tokenizer, table, document, summary) == accepted
    size = count_units(summary)
    assert accepts(numbers_tokenizer, table, document, summary, size) == accepted
    assert not accepts(numbers_tokenizer, table, document, summary, size - 1)


@pytest.mark.parametrize(
    ("document", "summary", "units"),
    [
        ("Exxon Mobil won 1,200 votes", "exxon mobil won 1,200 votes", 5),
        ("U.S. envoy's ex-aide", "u.s. envoy's ex-aide", 3),
        ("王明增長3.5%", "王明增長3.5%", 5),
        ("王㝢㝣", "王㝢㝣", 3),
        ("用NBA球", "用nba球", 3),
        ("用COVID-19球", "用covid-19球", 4),
    ],
)
def test_the_limit_counts_as_segment_does(tokenizer, table, document, summary, units):
    assert count_units(summary) == units
    assert accepts(tokenizer, table, document, summary, units)
    assert not accepts(tokenizer, table, document, summary, units - 1)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_unsupported_is_ever_written(tokenizer, table, seed):
    documents = toy.documents(24, seed=seed) + HARD
    ids, mask = encode(tokenizer, documents)
    network = toy.network(seed, spread=0.5)
    random = torch.Generator().manual_seed(seed)
    limits = torch.randint(1, 12, (len(documents),), generator=random)
    uniforms = torch.rand(len(documents), 50, generator=random)
    sampled = sample(network, ids, mask, uniforms, support=Support(table, ids, mask, limits))
    found = beam_search(network, ids, mask, Support(table, ids, mask, limits), beams=3, max_tokens=50)
    written = [(i, row) for i, row in enumerate(sampled.tolist())]
    written += [(i, [*c.ids, tokenizer.eos_token_id]) for i, row in enumerate(found) for c in row]
    own = {tokenizer.decode([token]).strip() for token in toy.writable()}
    for i, row in written:
        text = tokenizer.decode(row, skip_special_tokens=True)
        said = f"{text!r} of {documents[i]!r}"
        assert count_units(text) <= limits[i], said
        assert set(numbers(text)) <= set(numbers(documents[i])), said
        normal = tokenizer.backend_tokenizer.normalizer.normalize_str(documents[i])
        if not is_cjk(normal):
            assert {bare(word) for word in text.split()} <= {bare(word) for word in normal.split()} | own, (
                said
            )
        content = [word for word in map(bare, content_words(text)) if len(word) > 1]
        assert len(content) == len(set(content)), said
        if tokenizer.eos_token_id in row:
            assert not ends_open(text), said
            assert text.strip(), said
    assert any(len(row) > 2 for _, row in written)


def test_a_sample_that_has_no_way_on_has_no_end_token(tokenizer, table):
    # One word is all there is room for, and none of the document's may end a text.
    ids, mask = encode(tokenizer, ["of the"])
    only_copies = TokenTable.build(tokenizer, [tokenizer.eos_token_id])
    support = Support(only_copies, ids, mask, torch.tensor([1]))
    network = toy.network()
    network.write_only(only_copies.vocabulary)
    row = sample(network, ids, mask, torch.full((1, 9), 0.5), support=support)[0].tolist()
    assert tokenizer.eos_token_id not in row
    assert tokenizer.decode(row, skip_special_tokens=True) in ("of", "the")
    support = Support(only_copies, ids, mask, torch.tensor([1]))
    assert beam_search(network, ids, mask, support, beams=2, max_tokens=9) == [[]]


def test_rows_of_a_batch_do_not_touch_each_other(tokenizer, table):
    documents = ["Exxon Mobil won 3.5 percent.", "王明增長3.5%", "Kabul waits"]
    ids, mask = encode(tokenizer, documents)
    together = Support(table, ids, mask, torch.tensor([5, 5, 5]))
    order = torch.tensor([2, 0, 1, 1])
    together.select(order)
    for place, row in enumerate(order.tolist()):
        alone = Support(table, *encode(tokenizer, [documents[row]]), torch.tensor([5]))
        width = alone.choices.width
        assert torch.equal(alone.allowed()[0], together.allowed()[place, :width])
        assert not together.allowed()[place, width:].any()


def test_writable_words_are_common_and_mostly_lower_case():
    texts = [
        "He saw China sell 7 talks",
        "Yesterday the Reuters talks cost us $3",
        "THE BIG SALE",
        "A one",
    ] * 30
    tokenizer = train_tokenizer(texts, 420)
    words = {tokenizer.convert_ids_to_tokens(i) for i in writable_tokens(tokenizer, texts)}
    assert {"</s>", "▁talks"} <= words
    assert not words & {"▁china", "▁reuters", "▁one", "▁7", "▁big", "▁yesterday", "▁$", "7"}


def test_what_an_apostrophe_cuts_off_is_no_word():
    texts = ["We don't see China’s talks as China's or Kim's", "talks don't end: we talks"] * 30
    tokenizer = train_tokenizer(texts, 420)
    tokenizer.add_tokens(["▁don", "▁s", "▁t", "▁china"])
    words = {tokenizer.convert_ids_to_tokens(i) for i in writable_tokens(tokenizer, texts)}
    assert "▁talks" in words
    assert not words & {"▁don", "▁s", "▁t", "▁china"}


def test_a_rare_word_is_not_writable():
    texts = ["We see the talks"] * 30
    tokenizer = train_tokenizer(texts, 420)
    assert len(writable_tokens(tokenizer, texts)) > 1
    assert writable_tokens(tokenizer, texts[:19]) == [tokenizer.eos_token_id]


def test_a_network_that_may_write_all_is_held_to_length_and_end(tokenizer):
    table = TokenTable.build(tokenizer, None)
    assert accepts(tokenizer, table, "Berlin waits", "merkel wins talks", 3)
    assert not accepts(tokenizer, table, "Berlin waits", "merkel wins talks", 2)
    assert not accepts(tokenizer, table, "Berlin waits", "merkel's", 2)


def test_every_token_has_one_role(table, tokenizer):
    flags = [table.starts, table.separator, table.byte, table.special]
    for one, other in itertools.combinations(flags, 2):
        assert not (one & other).any()
    assert not table.special[table.content].any()
    assert table.eos == tokenizer.eos_token_id
