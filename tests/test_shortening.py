from __future__ import annotations

import pytest

from textae.counts import Counts
from textae.parser import ROOT, Parse
from textae.phrases import bare
from textae.segment import count_units
from textae.shortening import Shortener

COUNTS = Counts.of([["a", "word"]], [["a", "word"]])


class KnownTrees:
    """A parser of sentences given as ``word/tag/label/head``, the head as its word without marks."""

    def __init__(self, *annotated):
        self._parses = {}
        for text in annotated:
            rows = [row.split("/") for row in text.split()]
            plain = [bare(row[0].lower()) for row in rows]
            heads = [ROOT if head == "ROOT" else plain.index(head) for *_, head in rows]
            parse = Parse(heads, [row[2] for row in rows], [row[1] for row in rows])
            self._parses[" ".join(row[0] for row in rows).lower()] = parse

    def parse(self, texts):
        return [self._parses[" ".join(words)] for words in texts]


def split(text):
    return text.lower().split()


def shorten(annotated, room, chosen="The mayor spoke."):
    """What is left of a sentence beside one that was chosen, in the room behind that."""
    mayor = "The/DT/det/mayor mayor/NN/nsubj/spoke spoke./VBD/root/ROOT"
    text = " ".join(row.split("/")[0] for row in annotated.split())
    shortener = Shortener(KnownTrees(mayor, annotated), COUNTS, split)
    return shortener.fill([chosen, text], [0], count_units(chosen) + room).get(1, "")


BRIDGE = """
The/DT/det/council council,/NN/nsubj/opened which/WDT/nsubj/met met/VBD/relcl/council on/IN/prep/met
Monday,/NNP/pobj/on opened/VBD/root/ROOT a/DT/det/bridge new/JJ/amod/bridge bridge/NN/dobj/opened
over/IN/prep/bridge the/DT/det/river river/NN/pobj/over after/IN/prep/opened years/NNS/pobj/after
of/IN/prep/years delay./NN/pobj/of
"""


@pytest.mark.parametrize(
    ("room", "left"),
    [
        (6, "The council opened a new bridge."),
        (9, "The council opened a new bridge over the river."),
        (13, "The council opened a new bridge over the river after years of delay."),
        (17, "The council, which met on Monday, opened a new bridge over the river after years of delay."),
    ],
)
def test_a_sentence_keeps_what_fits_best_and_its_commas_in_pairs(room, left):
    assert shorten(BRIDGE, room) == left


@pytest.mark.parametrize("room", range(1, 6))
def test_what_a_verb_asks_for_never_goes(room):
    assert shorten(BRIDGE, room) == ""


def test_no_condition_and_nothing_under_a_negation_goes():
    condition = """
        Ferries/NNS/nsubj/sail will/MD/aux/sail sail/VB/root/ROOT from/IN/prep/sail
        Anland/NNP/pobj/from if/IN/mark/falls the/DT/det/wind wind/NN/nsubj/falls
        falls/VBZ/advcl/sail today./NN/npadvmod/falls
"""
    assert shorten(condition, 8) == ""
    negation = """
        Ferries/NNS/nsubj/sail will/MD/aux/sail not/RB/neg/sail sail/VB/root/ROOT to/IN/prep/sail
        Borland/NNP/pobj/to during/IN/prep/sail the/DT/det/storms storms./NNS/pobj/during
"""
    assert shorten(negation, 6) == ""
    assert shorten(negation, 9) == "Ferries will not sail to Borland during the storms."


def test_a_clause_that_is_joined_goes_with_its_and():
    joined = """
        Storms/NNS/nsubj/hit hit/VBD/root/ROOT the/DT/det/harbour old/JJ/amod/harbour
        harbour/NN/dobj/hit and/CC/cc/hit waves/NNS/nsubj/sank sank/VBD/conj/hit two/CD/nummod/boats
        boats./NNS/dobj/sank
    """
    assert shorten(joined, 9) == "Storms hit the old harbour."
    # What the same subject does besides is half of the news.
    assert shorten(joined.replace("waves/NNS/nsubj/sank", ""), 8) == ""


def test_nouns_that_are_joined_stay_together():
    joined = """
        Storms/NNS/nsubj/hit and/CC/cc/storms floods/NNS/conj/storms hit/VBD/root/ROOT
        the/DT/det/harbour harbour/NN/dobj/hit in/IN/prep/hit Anland./NNP/pobj/in
"""
    assert shorten(joined, 6) == "Storms and floods hit the harbour."


def test_one_comma_stays_where_only_one_side_had_one():
    timed = """
        Prices/NNS/nsubj/fell fell/VBD/root/ROOT sharply/RB/advmod/fell during/IN/prep/fell
        the/DT/det/spring spring,/NN/pobj/during hurting/VBG/advcl/fell many/JJ/amod/farmers
        farmers./NNS/dobj/hurting
"""
    assert shorten(timed, 6) == "Prices fell sharply, hurting many farmers."


OPENED = """
    opened/VBD/root/ROOT a/DT/det/bridge new/JJ/amod/bridge bridge/NN/dobj/opened
    today./NN/npadvmod/opened
"""


def fill(subject, before="The council met.", after="Rain fell."):
    """Which sentences are written, of one that was chosen, another and what stands around that."""
    chosen = "The/DT/det/mayor mayor/NN/nsubj/spoke spoke./VBD/root/ROOT"
    annotated = f"{subject} {OPENED}"
    texts = ["The mayor spoke.", before, " ".join(row.split("/")[0] for row in annotated.split()), after]
    return sorted(Shortener(KnownTrees(chosen, annotated), COUNTS, split).fill(texts, [0], 20))


def test_a_sentence_follows_that_can_be_read_alone():
    assert fill("Councils/NNS/nsubj/opened") == [0, 2]
    assert fill("Joan/NNP/compound/reed Reed/NNP/nsubj/opened", before="Joan Reed met councils.") == [0, 2]


@pytest.mark.parametrize(
    ("subject", "around"),
    [
        ("Reed/NNP/nsubj/opened", {"before": "Joan Reed met the council."}),
        ("Mr/NNP/compound/reed Reed/NNP/nsubj/opened", {}),
        ("My/PRP$/poss/council council/NN/nsubj/opened", {}),
        ("Another/DT/det/council council/NN/nsubj/opened", {}),
        ("However/RB/advmod/opened councils/NNS/nsubj/opened", {}),
        ("Councils/NNS/nsubj/opened", {"after": "But rain fell."}),
        ("Now/RB/advmod/opened", {}),
    ],
)
def test_none_follows_that_hangs_on_others_or_is_taken_back(subject, around):
    assert fill(subject, **around) == [0]


@pytest.mark.parametrize(
    ("subject", "end"),
    [("They/PRP", "bridge./NN"), ("Councils/NNS", "bridge?/NN"), ('"Councils"/NNS', "bridge./NN")],
)
def test_what_hangs_on_others_asks_or_quotes_is_left_alone(subject, end):
    opened = "/nsubj/opened now/RB/advmod/opened opened/VBD/root/ROOT a/DT/det/bridge new/JJ/amod/bridge"
    assert shorten(f"Councils/NNS{opened} bridge./NN/dobj/opened", 9) == "Councils now opened a new bridge."
    assert shorten(f"{subject}{opened} {end}/dobj/opened", 9) == ""


def test_two_that_are_shortened_may_tell_more_than_one_that_is_whole():
    first = """
        The/DT/det/council council/NN/nsubj/opened opened/VBD/root/ROOT a/DT/det/bridge
        bridge/NN/dobj/opened during/IN/prep/opened a/DT/det/day long/JJ/amod/day day/NN/pobj/during
        in/IN/prep/opened rainy/JJ/amod/weather weather./NN/pobj/in
"""
    second = """
        Farmers/NNS/nsubj/blocked blocked/VBD/root/ROOT seven/CD/nummod/roads narrow/JJ/amod/roads
        roads/NNS/dobj/blocked during/IN/prep/blocked the/DT/det/night night./NN/pobj/during
"""
    texts = [" ".join(row.split("/")[0] for row in text.split()) for text in (first, second)]
    filled = Shortener(KnownTrees(first, second), COUNTS, split).fill(texts, [0], 12)
    assert filled == {0: "The council opened a bridge.", 1: "Farmers blocked seven narrow roads."}
    assert Shortener(KnownTrees(first, second), COUNTS, split).fill(texts[:1], [0], 12) == {0: texts[0]}


def test_the_second_one_is_that_which_says_most_that_was_not_said():
    chosen = """
        The/DT/det/council council/NN/nsubj/opened opened/VBD/root/ROOT a/DT/det/bridge
        bridge./NN/dobj/opened
    """
    again = """
        Councils/NNS/nsubj/opened often/RB/advmod/opened opened/VBD/root/ROOT the/DT/det/bridge
        new/JJ/amod/bridge bridge./NN/dobj/opened
    """
    other = """
        Farmers/NNS/nsubj/blocked often/RB/advmod/blocked blocked/VBD/root/ROOT seven/CD/nummod/roads
        narrow/JJ/amod/roads roads./NNS/dobj/blocked
    """
    texts = [" ".join(row.split("/")[0] for row in text.split()) for text in (chosen, again, other)]
    filled = Shortener(KnownTrees(chosen, again, other), COUNTS, split).fill(texts, [0], 11)
    assert filled == {0: texts[0], 2: texts[2]}
