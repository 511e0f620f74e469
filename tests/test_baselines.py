from __future__ import annotations

from itertools import combinations

from textae.baselines import content_lead, lead, oracle, random_words
from textae.rouge import Rouge
from textae.segment import join_units, units

STORY = "The mayor said on Monday that the old bridge , built in 1890 , will close for 3 months ."
CHINESE = "市長昨日宣布，建於1890年的舊橋將關閉3個月。"


def test_lead_counts_units_and_keeps_punctuation_between() -> None:
    assert lead(STORY, 9) == "The mayor said on Monday that the old bridge"
    assert lead(STORY, 10) == "The mayor said on Monday that the old bridge , built"
    assert lead(STORY, 100) == STORY[:-2]
    assert lead(CHINESE, 7) == "市長昨日宣布，建"
    assert lead("", 5) == ""


def test_content_lead() -> None:
    assert content_lead(STORY, 4) == "mayor old bridge built"
    assert content_lead(CHINESE, 9) == "市長昨日宣布建1890年"


def test_random_words_stay_in_order_and_follow_the_seed() -> None:
    words = units(STORY)
    drawn = random_words(STORY, 5, seed=3)
    positions = [words.index(word) for word in drawn.split()]
    assert len(positions) == 5
    assert positions == sorted(positions)
    assert drawn == random_words(STORY, 5, seed=3)
    assert len({random_words(STORY, 5, seed) for seed in range(10)}) > 5
    assert random_words("two words", 5, seed=0) == "two words"


def test_oracle_takes_what_the_reference_says_in_document_order() -> None:
    assert oracle(STORY, ["Old bridge to close for three months"], 10) == "old bridge close for months"
    assert oracle(STORY, ["closing bridge"], 1) == "bridge"
    assert oracle(CHINESE, ["舊橋關閉3個月"], 25) == "舊橋關閉3個月"
    assert oracle(STORY, ["nothing shared"], 10) == ""


def test_oracle_serves_the_reference_it_can_serve_best() -> None:
    assert oracle(STORY, ["a strike in the harbour", "mayor : old bridge"], 10) == "mayor old bridge"


def test_oracle_comes_close_to_the_best_choice_of_units() -> None:
    references = ["bridge built in 1890 will close"]
    rouge = Rouge()

    def value(summary: str) -> float:
        return sum(rouge.score(summary, references)[:2])

    choices = combinations(units(STORY), 6)
    assert value(oracle(STORY, references, 6)) >= 0.95 * max(value(join_units(choice)) for choice in choices)
