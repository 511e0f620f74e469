from __future__ import annotations

import random
import time
from collections import Counter

import numpy as np
import pytest

from textae.extraction import Bags, centrality, choose, close_quotes, parts, stands_alone
from textae.segment import count_units


def words(texts):
    return [count_units(text) for text in texts]


def central(texts):
    return centrality(Bags.of(texts)).tolist()


def chosen(texts, room, **signals):
    """What is chosen with all signals off but those named."""
    return choose(texts, words(texts), room, **{"news": 0.0, "early": 0.0, "lost": 1.0, **signals})


def test_a_long_sentence_is_cut_between_words():
    text = "Short one. " + " ".join(f"word{i}" for i in range(50)) + ". Last one."
    assert parts("One two three. Four five.", 5) == ["One two three.", "Four five."]
    assert words(parts(text, 8)) == [2, 8, 8, 8, 8, 8, 8, 2, 2]
    assert " ".join(parts(text, 8)) == text


def test_chinese_is_cut_between_characters():
    text = "市政府宣布關閉舊橋。" * 3 + "股價上升" * 20 + "。"
    assert max(words(parts(text, 25))) <= 25
    assert "".join(parts(text, 25)) == text


@pytest.mark.parametrize("text", ["", "  ", "...", "?! " * 40, "x" * 300])
def test_text_without_words_or_with_a_single_one(text):
    found = parts(text, 20)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert choose(found, words(found), 100) in ([], [0])


def test_no_part_is_longer_than_allowed_and_nothing_is_lost():
    draw = random.Random(0)
    for _ in range(30):
        text = " ".join("w" * draw.randint(1, 30) + draw.choice(["", ".", ",", ""]) for _ in range(120))
        limit = draw.randint(1, 60)
        found = parts(text, limit)
        assert max(words(found)) <= limit
        assert "".join(" ".join(found).split()) == "".join(text.split())


def test_centrality_is_the_sum_of_the_cosines_with_the_others():
    texts = ["Rain floods bridge", "bridge closed", "Rain rain again today"]
    # Of (rain, floods, bridge), (bridge, closed) and (2 rain, again, today), by hand.
    first_second = 1 / np.sqrt(3 * 2)
    first_third = 2 / np.sqrt(3 * 6)
    expected = [first_second + first_third, first_second, first_third]
    assert central(texts) == pytest.approx(expected)


def test_a_sentence_without_content_is_worth_nothing():
    assert central(["Rain floods bridge.", "It is what it was.", "..."]) == pytest.approx([0, 0, 0])


def test_chinese_is_compared_by_pairs_of_characters():
    worth = central(["暴雨淹沒舊橋。", "舊橋因暴雨關閉。", "股價上升。"])
    assert worth[0] > 0.2
    assert worth[2] == pytest.approx(0)


def test_the_sentence_that_tells_most_is_chosen_wherever_it_stands():
    texts = [
        "Choirs sing.",
        "Rain floods the bridge.",
        "Storm rain closes bridge road.",
        "Road crews fear storm.",
    ]
    assert chosen(texts, 5) == [2]


def test_the_chosen_stand_in_the_documents_order_and_within_the_room():
    draw = random.Random(1)
    vocabulary = [f"word{i}" for i in range(40)]
    for _ in range(20):
        texts = [" ".join(draw.choices(vocabulary, k=draw.randint(2, 12))) for _ in range(15)]
        room = draw.randint(1, 60)
        found = choose(texts, words(texts), room, lost=1.0)
        assert found == sorted(set(found))
        left = room - sum(words([texts[i] for i in found]))
        assert left >= 0
        # Nothing that would still have fitted was left out, unless it says the same again.
        said = {texts[i] for i in found}
        assert all(size > left or text in said for text, size in zip(texts, words(texts), strict=True))


def greedily(texts, count, news):
    """The best of the choices of so many sentences of one size, looking at all of them at every step."""
    sets = [set(text.split()) for text in texts]
    worth = centrality(Bags.of(texts))
    mass = Counter(word for text in texts for word in text.split())
    density = max(sum(mass[word] for word in said) for said in sets)

    def brings(i, said):
        return worth[i] / max(worth) + news / count**2 * sum(mass[word] for word in sets[i] - said) / density

    choices = []
    for start in range(len(texts)):
        value, found, said = 0.0, [], set()
        while len(found) < count:
            left = [i for i in range(len(texts)) if i not in found]
            i = max(left, key=lambda i: brings(i, said)) if found else start
            value, found, said = value + brings(i, said), [*found, i], said | sets[i]
        choices.append((value, sorted(found)))
    return max(choices)[1]


def test_the_queue_finds_what_looking_at_every_sentence_finds(monkeypatch):
    monkeypatch.setattr("textae.extraction._STARTS", 12)
    draw = random.Random(3)
    vocabulary = [f"word{i}" for i in range(20)]
    for _ in range(20):
        texts = [" ".join(draw.choices(vocabulary, k=4)) for _ in range(12)]
        assert chosen(texts, 12, news=6.0) == greedily(texts, 3, 6.0)


def test_no_sentence_comes_twice():
    texts = ["Rain floods bridge.", "Bridge closed by rain.", "Rain floods bridge."]
    assert choose(texts, words(texts), 100) == [0, 1]


def test_news_count_where_they_are_asked_for():
    texts = ["Rain floods bridge road.", "Road bridge floods rain.", "Choirs sing rain songs."]
    assert chosen(texts, 8) == [0, 1]
    assert chosen(texts, 8, news=10.0) == [0, 2]


def test_what_fills_the_room_is_chosen_over_what_leaves_it_empty():
    texts = ["Rain closes bridge road.", "Rain closes bridge.", "Rain bridge road."]
    assert central(texts)[0] == max(central(texts))
    assert chosen(texts, 6) == [1, 2]


def test_headings_and_cells_are_chosen_only_where_they_are_most_of_the_text():
    texts = ["Rain floods the bridge", "Rain floods the old bridge again.", "Rain | bridge", "Choirs sing."]
    assert chosen(texts, 30) == [1, 3]
    assert chosen([text.rstrip(".") for text in texts], 30) == [0, 1, 2, 3]
    assert chosen(texts[::2] + texts[3:], 30) == [0, 1, 2]


def test_being_early_counts_where_it_is_asked_for():
    texts = ["Choirs sing on.", "Rain floods bridge.", "Bridge rain floods."]
    assert chosen(texts, 3) == [1]
    assert chosen(texts, 3, early=3.0) == [0]


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("The storm closed the old bridge.", True),
        ("The storm raged.", False),
        ("It closed the bridge for a week.", False),
        ("It's closed for all of the week.", False),
        ("This bridge was closed for a week.", False),
        ("This week the old bridge was closed.", True),
        ("Italy has closed the old stone bridge.", True),
        ("“But it closed the bridge,” she said.", False),
        ('"Rain," said Ann, "closed the old bridge."', True),
        ('"Rain closed the old stone bridge."', False),
        ('Ann said: "Rain closed the old bridge.', False),
        ('Rain closed the old bridge," he said.', False),
        ("How the old stone bridge was closed", False),
        ("| bridge | 1902 |", False),
        ("暴雨淹沒舊橋。", True),
        ("市長說：「暴雨淹沒舊橋。", False),
        ("他說暴雨淹沒了舊橋。", False),
        ("", False),
    ],
)
def test_what_can_be_read_without_its_neighbours(text, alone):
    assert stands_alone(text) is alone


def test_what_cannot_be_read_alone_is_worth_less_where_that_is_asked_for():
    texts = ["It closed bridge road rain storm.", "Storm rain closed bridge road today.", "Storm rain road."]
    assert chosen(texts, 6) == [0]
    assert chosen(texts, 6, lost=0.5) == [1]


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ('He said: "Rain fell.', 'He said: "Rain fell."'),
        ('Rain fell," he said.', '"Rain fell," he said.'),
        ('Rain fell," he said. "We left."', '"Rain fell," he said. "We left."'),
        ('"Rain fell," he said. "We left.', '"Rain fell," he said. "We left."'),
        ("他說：「暴雨。", "他說：「暴雨。」"),
        ("暴雨。”", "“暴雨。”"),
        ('A "b" “c” d.', 'A "b" “c” d.'),
    ],
)
def test_quotes_are_closed(text, closed):
    assert close_quotes(text) == closed


def test_time_is_linear_in_the_sentences():
    draw = random.Random(2)

    def seconds(count):
        texts = [" ".join(f"w{draw.randint(0, 5000)}" for _ in range(15)) for _ in range(count)]
        begun = time.process_time()
        choose(texts, words(texts), count)
        return time.process_time() - begun

    seconds(100)
    assert min(seconds(8000) for _ in range(2)) < 16 * max(seconds(1000) for _ in range(3))


NEWS = [
    "The council of Port Ansel voted on Monday to turn the old tram depot into a library.",
    "It will open in spring.",
    "The depot was built for the trams of the port and stood empty while the council of the port looked on.",
    "He was pleased.",
    '"We waited long for this," she said after the vote of the council on the library and the depot.',
    "Adams, Brown, Clark, Davis, Evans, Frank, Ghosh, Hill, Irwin, Jones, King, Lopez.",
    "Readers of the port had asked for a library for many years.",
]


def test_where_hardly_two_fit_the_first_tells_the_news_and_none_hangs_in_the_air():
    found = choose(NEWS, words(NEWS), 30)
    assert found == [0, 6]
    # Where many fit, those that refer to others may be among them.
    assert {1, 3} & set(choose(NEWS, words(NEWS), 90))


def test_of_a_book_the_first_sentence_is_one_among_many():
    chapters = [f"{text[:-1]} in chapter {i}." for i in range(60) for text in NEWS]
    book = ["It was a dark and windy night on the coast that year.", *chapters]
    assert 0 not in choose(book, words(book), 30)


@pytest.mark.parametrize(
    "text", [NEWS[4], NEWS[5], '"All is well with the port," he told the council on Monday.']
)
def test_a_list_and_a_quotation_of_somebody_do_not_stand_alone(text):
    assert not stands_alone(text)
