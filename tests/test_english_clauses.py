from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from textae import phrases
from textae.counts import Counts
from textae.english_clauses import clauses
from textae.parser import ROOT, Parse
from textae.phrases import bare

# What a headline may turn a past form to must be known from somewhere.
KNOWN = [["opens", "closes", "sells", "takes", "waits", "says", "relies"]] * 12
COUNTS = Counts.of(KNOWN, [["a", "word"]])


@dataclass
class Read:
    """A clause in words."""

    whole: str
    ways: set[str]
    commas: list[str]
    tells: bool


def tree(text):
    """Words and their parse of ``word/tag/label/head``, the head as its word without marks."""
    rows = [row.split("/") for row in text.split()]
    plain = [bare(row[0]) for row in rows]
    heads = [ROOT if head == "ROOT" else plain.index(head) for *_, head in rows]
    return [row[0] for row in rows], Parse(heads, [row[2] for row in rows], [row[1] for row in rows])


def read(text, counts=COUNTS):
    words, parse = tree(text)
    found = []
    for clause in clauses(words, parse, counts):
        kept = clause.shortened(99, np.zeros(len(clause.forms)))[:, clause.units]
        texts = {" ".join(np.array(clause.forms)[way]) for way in kept}
        assert clause.places == sorted(set(clause.places))
        assert set(clause.places) <= set(range(len(words)))
        firsts = [clause.forms[min(phrase.words)] for phrase in clause.phrases]
        found.append(Read(" ".join(clause.forms), texts, firsts, clause.tells))
    return found


def only(text, counts=COUNTS):
    (found,) = read(text, counts)
    return found


def whole(text):
    return only(text).whole


OPENED = """
the/DT/det/council council/NN/nsubj/opened opened/VBD/root/ROOT a/DT/det/bridge bridge/NN/dobj/opened
in/IN/prep/opened old/JJ/amod/harbour harbour/NN/pobj/in
"""


def test_an_empty_text_has_no_clause():
    assert clauses([], Parse([], [], []), COUNTS) == []


def test_a_text_of_marks_has_no_clause():
    assert clauses(["...", ","], Parse([ROOT, 0], ["root", "punct"], [":", ","]), COUNTS) == []


def test_articles_go_and_the_past_turns_to_the_present():
    found = only(OPENED)
    assert found.whole == "council opens bridge in old harbour"
    assert found.tells
    assert found.commas == []


def test_a_preposition_goes_with_what_it_stands_before_and_with_nothing_else():
    assert only(OPENED).ways == {
        *("council opens bridge", "council opens bridge in harbour", "council opens bridge in old harbour")
    }


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("mayors/NNS/nsubj/opened", "mayors open"),
        ("mayor/NN/nsubj/opened", "mayor opens"),
        ("mayor/NN/nsubj/opened and/CC/cc/mayor council/NN/conj/mayor", "mayor council open"),
        ("they/PRP/nsubj/opened", "they open"),
        ("yankees/NNPS/nsubj/opened", "yankees open"),
    ],
)
def test_the_present_agrees_with_its_subject(subject, expected):
    assert whole(f"{subject} opened/VBD/root/ROOT") == expected


def test_a_present_that_the_corpora_hardly_have_is_not_written():
    sentence = "mayor/NN/nsubj/mended mended/VBD/root/ROOT"
    for seen, expected in ((9, "mayor mended"), (10, "mayor mends")):
        assert only(sentence, Counts.of([["mends"]] * seen, [["a"]])).whole == expected


@pytest.mark.parametrize(
    ("helpers", "verb", "expected"),
    [
        ("will/MD/aux/open", "open/VB", "council to open"),
        ("would/MD/aux/open", "open/VB", "council to open"),
        ("will/MD/aux/open not/RB/neg/open", "open/VB", "council will not open"),
        ("will/MD/aux/open never/RB/neg/open", "open/VB", "council will never open"),
        ("could/MD/aux/open", "open/VB", "council could open"),
        ("has/VBZ/aux/taken", "taken/VBN", "council takes"),
        ("had/VBD/aux/opened", "opened/VBN", "council opens"),
        ("has/VBZ/aux/taken not/RB/neg/taken", "taken/VBN", "council has not taken"),
        ("is/VBZ/aux/opening", "opening/VBG", "council opening"),
    ],
)
def test_verbs_take_the_forms_of_headlines(helpers, verb, expected):
    head = verb.split("/")[0]
    assert whole(f"the/DT/det/council council/NN/nsubj/{head} {helpers} {verb}/root/ROOT") == expected


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("was/VBD/auxpass/opened opened/VBN/root/ROOT", "bridge opened"),
        ("has/VBZ/aux/opened been/VBN/auxpass/opened opened/VBN/root/ROOT", "bridge opened"),
        ("will/MD/aux/opened be/VB/auxpass/opened opened/VBN/root/ROOT", "bridge will be opened"),
        ("was/VBD/auxpass/opened not/RB/neg/opened opened/VBN/root/ROOT", "bridge was not opened"),
    ],
)
def test_what_was_done_stays_a_participle(verb, expected):
    assert whole(f"the/DT/det/bridge bridge/NN/nsubjpass/opened {verb}") == expected


def test_a_participle_that_tells_more_of_a_noun_stays_as_it_is():
    found = only("""
    ships/NNS/nsubj/waited sold/VBN/acl/ships by/IN/agent/sold mayors/NNS/pobj/by waited/VBD/root/ROOT
    """)
    assert found.ways == {"ships wait", "ships sold by mayors wait"}


def test_company_endings_go():
    assert (
        whole("""
    ansel/NNP/compound/corp ferries/NNP/compound/corp corp./NNP/nsubj/sold sold/VBD/root/ROOT
    ships/NNS/dobj/sold
    """)
        == "ansel ferries sells ships"
    )


def test_a_company_that_is_no_ending_stays():
    assert (
        whole("""
    the/DT/det/company company/NN/nsubj/sold sold/VBD/root/ROOT ships/NNS/dobj/sold
    """)
        == "company sells ships"
    )


def test_what_was_said_stands_alone():
    told, said = read("""
    officials/NNS/nsubj/said said/VBD/root/ROOT that/IN/mark/opened the/DT/det/council
    council/NN/nsubj/opened opened/VBD/ccomp/said a/DT/det/bridge bridge/NN/dobj/opened
    """)
    assert told.whole == "officials say council opened bridge"
    assert said.whole == "council opens bridge"
    assert told.tells
    assert said.tells


def test_who_said_it_behind_it_goes():
    assert (
        whole("""
    the/DT/det/council council/NN/nsubj/opened opened/VBD/ccomp/said a/DT/det/bridge bridge,/NN/dobj/opened
    the/DT/det/club club/NN/nsubj/said said/VBD/root/ROOT
    """)
        == "council opens bridge"
    )


def test_what_was_not_said_stands_not_alone():
    assert (
        whole("""
    officials/NNS/nsubj/say did/VBD/aux/say not/RB/neg/say say/VB/root/ROOT council/NN/nsubj/opened
    opened/VBD/ccomp/say bridge/NN/dobj/opened
    """)
        == "officials did not say council opened bridge"
    )


def test_what_somebody_only_fears_stands_not_alone():
    assert (
        whole("""
    mayors/NNS/nsubj/fear fear/VBP/root/ROOT council/NN/nsubj/opened opened/VBD/ccomp/fear
    bridge/NN/dobj/opened
    """)
        == "mayors fear council opened bridge"
    )


def test_a_speaker_takes_the_place_of_a_pronoun():
    told, said = read("""
    the/DT/det/firm firm/NN/nsubj/said said/VBD/root/ROOT it/PRP/nsubj/sell would/MD/aux/sell
    sell/VB/ccomp/said ships/NNS/dobj/sell
    """)
    assert told.whole == "firm says it would sell ships"
    assert said.whole == "firm to sell ships"
    assert said.tells


def test_a_pronoun_that_nobody_takes_the_place_of_tells_nothing():
    assert not only("it/PRP/nsubj/opened opened/VBD/root/ROOT bridge/NN/dobj/opened").tells


def test_a_clause_without_a_verb_tells_nothing():
    found = only("old/JJ/amod/bridge bridge/NN/root/ROOT in/IN/prep/bridge harbour/NN/pobj/in")
    assert found.whole == "old bridge in harbour"
    assert not found.tells


def test_a_second_verb_shares_the_subject():
    both, second = read("""
    the/DT/det/mayor mayor/NN/nsubj/opened opened/VBD/root/ROOT a/DT/det/school school/NN/dobj/opened
    and/CC/cc/opened closed/VBD/conj/opened a/DT/det/bridge bridge/NN/dobj/closed
    """)
    assert both.ways == {"mayor opens school", "mayor opens school closes bridge"}
    assert both.commas == ["closes"]
    assert second.ways == {"mayor closes bridge"}
    assert second.tells


def test_a_second_verb_with_a_subject_of_its_own_is_another_clause():
    first, second = read("""
    mayor/NN/nsubj/opened opened/VBD/root/ROOT school/NN/dobj/opened and/CC/cc/opened council/NN/nsubj/closed
    closed/VBD/conj/opened bridge/NN/dobj/closed
    """)
    assert first.ways == {"mayor opens school"}
    assert second.ways == {"council closes bridge"}


def test_an_and_between_nouns_becomes_a_comma():
    found = only("""
    mayor/NN/nsubj/opened opened/VBD/root/ROOT school/NN/dobj/opened and/CC/cc/school bridge/NN/conj/school
    """)
    assert found.ways == {"mayor opens school", "mayor opens school bridge"}
    assert found.commas == ["bridge"]


def test_an_or_stays():
    found = only("""
    mayor/NN/nsubj/opens opens/VBZ/root/ROOT school/NN/dobj/opens or/CC/cc/school bridge/NN/conj/school
    """)
    assert found.ways == {"mayor opens school", "mayor opens school or bridge"}
    assert found.commas == []


def test_what_is_between_two_keeps_both():
    found = only("""
    ferry/NN/nsubj/opened opened/VBD/root/ROOT between/IN/prep/opened ansel/NNP/pobj/between and/CC/cc/ansel
    quay/NNP/conj/ansel
    """)
    assert found.ways == {"ferry opens", "ferry opens between ansel and quay"}
    assert found.commas == []


@pytest.mark.parametrize(
    ("word", "tag", "label"), [("alleged", "JJ", "amod"), ("only", "RB", "advmod"), ("no", "DT", "det")]
)
def test_without_a_qualifier_nothing_is_said(word, tag, label):
    text = "mayor/NN/nsubj/sees sees/VBZ/root/ROOT {} thieves/NNS/dobj/sees".format
    assert only(text(f"{word}/{tag}/{label}/thieves")).ways == {f"mayor sees {word} thieves"}
    # Unlike other words.
    assert "mayor sees thieves" in only(text("young/JJ/amod/thieves")).ways


def test_a_qualifier_goes_with_what_it_stands_with():
    found = only("""
    mayor/NN/nsubj/waits waits/VBZ/root/ROOT for/IN/prep/waits alleged/JJ/amod/thieves thieves/NNS/pobj/for
    """)
    assert found.ways == {"mayor waits", "mayor waits for alleged thieves"}


def test_a_number_waits_for_the_word_behind_it():
    text = (
        "mayor/NN/nsubj/sells sells/VBZ/root/ROOT {} ferry/NN/compound/tickets tickets/NNS/dobj/sells".format
    )
    assert only(text("cheap/JJ/amod/tickets")).ways == {
        *("mayor sells tickets", "mayor sells cheap tickets"),
        *("mayor sells ferry tickets", "mayor sells cheap ferry tickets"),
    }
    assert only(text("12/CD/nummod/tickets")).ways == {"mayor sells 12 ferry tickets"}


def test_words_that_documents_never_part_are_kept_together(monkeypatch):
    monkeypatch.setattr(phrases, "_INSEPARABLE", 2.0)  # As for a few counts in a small corpus.
    text = """
    mayor/NN/nsubj/sees sees/VBZ/root/ROOT iron/NN/compound/ships lady/NN/compound/ships ships/NNS/dobj/sees
    """
    apart = {
        "mayor sees ships",
        "mayor sees iron ships",
        "mayor sees lady ships",
        "mayor sees iron lady ships",
    }
    assert only(text).ways == apart
    together = Counts.of(KNOWN, [["iron", "lady"]] * 20 + [["word"] * 400])
    assert only(text, together).ways == {"mayor sees ships", "mayor sees iron lady ships"}


def test_a_verb_waits_for_the_preposition_that_documents_always_give_it():
    text = "mayor/NN/nsubj/relies relies/VBZ/root/ROOT on/IN/prep/relies ferries/NNS/pobj/on"
    assert only(text).ways == {"mayor relies", "mayor relies on ferries"}
    tied = Counts.of(KNOWN, [["relies", "on"]] * 20 + [["word"] * 800])
    assert only(text, tied).ways == {"mayor relies on ferries"}


def test_no_comma_is_left_open_before_an_aside():
    found = only("""
    mayor/NN/nsubj/opened opened/VBD/root/ROOT bridge,/NN/dobj/opened built/VBN/acl/bridge in/IN/prep/built
    may/NNP/pobj/in
    """)
    assert found.commas == []


def test_circular_heads_do_no_harm():
    words, parse = tree("""
    mayor/NN/nsubj/opened opened/VBD/root/ROOT bridge/NN/dobj/opened old/JJ/amod/ferry ferry/NN/amod/storm
    storm/NN/amod/old
    """)
    (found,) = clauses(words, parse, COUNTS)
    assert found.forms == ["mayor", "opens", "bridge"]
    assert clauses(words[3:], Parse([1, 2, 0], parse.labels[3:], parse.tags[3:]), COUNTS) == []


@pytest.mark.parametrize(
    "text",
    [
        "and/CC/cc/ROOT",
        "closed/VBN/conj/ROOT",
        "mayor/NN/nsubj/closed closed/VBN/conj/ROOT",
        ",/,/nsubj/opened opened/VBD/root/ROOT",
        "opened/VBD/punct/ROOT mayor/NN/nsubj/opened",
    ],
)
def test_odd_trees_do_no_harm(text):
    read(text)


def test_every_place_is_in_the_text_and_ascending():
    for text in (OPENED, "was/VBD/auxpass/opened bridge/NN/nsubjpass/opened opened/VBN/root/ROOT"):
        words, parse = tree(text)
        for clause in clauses(words, parse, COUNTS):
            assert clause.places == sorted(set(clause.places))
            assert set(clause.places) <= set(range(len(words)))
            assert len(clause.places) == len(clause.forms) == len(clause.units)


def test_a_helper_that_stays_keeps_its_verb():
    heard = only("""
    mayor/NN/nsubj/heard has/VBZ/aux/heard never/RB/neg/heard heard/VBN/root/ROOT storm/NN/dobj/heard
    """)
    assert heard.whole == "mayor has never heard storm"


def test_nothing_goes_from_under_a_negation():
    waits = only("""
    mayor/NN/nsubj/opened did/VBD/aux/opened not/RB/neg/opened opened/VB/root/ROOT bridge/NN/dobj/opened
    before/IN/prep/opened storm/NN/pobj/before
    """)
    assert waits.ways == {"mayor did not opened bridge before storm"}


def test_a_loose_clause_keeps_a_verbs_own_only():
    words, parse = tree("""
    mayor/NN/nsubj/opened opened/VBD/root/ROOT bridge/NN/dobj/opened of/IN/prep/bridge council/NN/pobj/of
    """)
    (strict,), (loose,) = (clauses(words, parse, COUNTS, loose) for loose in (False, True))
    assert (len(strict.parents), len(loose.parents)) == (1, 2)


def test_a_clause_that_another_opens_tells_nothing():
    opens = only("when/WRB/advmod/opened mayor/NN/nsubj/opened opened/VBD/root/ROOT bridge/NN/dobj/opened")
    assert not opens.tells


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("guerrillas/NNPS/nsubj/opened", "guerrillas open"),
        ("technologies/NNPS/nsubj/opened", "technologies opens"),
        ("technologies/NNS/nsubj/opened", "technologies open"),
        ("nine/CD/nsubj/opened", "nine open"),
        ("one/CD/nsubj/opened", "one opens"),
    ],
)
def test_a_firm_with_the_name_of_many_is_one(subject, expected):
    assert only(f"{subject} opened/VBD/root/ROOT bridge/NN/dobj/opened").whole == f"{expected} bridge"


def test_what_has_been_is_not_told_by_half():
    been = only("""
    mayor/NN/nsubj/been has/VBZ/aux/been been/VBN/root/ROOT captain/NN/attr/been
    """)
    assert been.whole == "mayor has been captain"
    wise = only("mayor/NN/nsubj/been has/VBZ/aux/been been/VBN/root/ROOT wise/JJ/acomp/been")
    assert wise.whole == "mayor wise"


def test_a_bare_mark_is_no_verb():
    words = ["mayor", "says", "。", "bridge"]
    parse = Parse([1, ROOT, 1, 2], ["nsubj", "ROOT", "ccomp", "dobj"], ["NN", "VBZ", "VBZ", "NN"])
    assert all(form for clause in clauses(words, parse, COUNTS) for form in clause.forms)


def test_a_preposition_behind_a_particle_stays():
    found = only("""
    council/NN/nsubj/came came/VBD/root/ROOT up/RP/prt/came with/IN/prep/came a/DT/det/plan plan/NN/pobj/with
    """)
    assert found.ways == {"council came up with plan"}


def test_a_time_behind_a_particle_may_go():
    found = only("""
    harbour/NN/nsubj/shut shut/VBD/root/ROOT down/RP/prt/shut in/IN/prep/shut june/NNP/pobj/in
    """)
    assert len(found.ways) == 2


@pytest.mark.parametrize(("modal", "clauses_found"), [("should", 1), ("must", 1), ("will", 2)])
def test_what_should_be_is_no_news_without_who_says_it(modal, clauses_found):
    found = read(f"""
    mayor/NN/nsubj/said said/VBD/root/ROOT council/NN/nsubj/open {modal}/MD/aux/open open/VB/ccomp/said
    bridge/NN/dobj/open
    """)
    assert len(found) == clauses_found


def test_how_likely_each_branch_is_needed_is_handed_on():
    words, parse = tree(OPENED)
    needed = [0.1 * i for i in range(len(words))]
    (clause,) = clauses(words, replace(parse, needed=needed), COUNTS)
    told = dict(zip(clause.forms, (clause.needed[unit] for unit in clause.units), strict=True))
    assert told["old"] == needed[words.index("old")]
    assert told["in"] == told["harbour"] == needed[words.index("in")]
    assert clause.needed[0] == 0.0


def test_an_and_inside_a_name_stays():
    found = only("""
    securities/NNP/nmod/commission and/CC/cc/securities exchange/NNP/conj/securities commission/NNP/nsubj/sued
    sued/VBD/root/ROOT bank/NN/dobj/sued
    """)
    assert all(", exchange" not in way for way in found.ways)
    assert found.commas == []


def test_a_rare_name_that_is_taken_for_a_plural_is_none():
    one = "{}/NNS/nsubj/opened opened/VBD/root/ROOT bridge/NN/dobj/opened"
    assert only(one.format("hafeez")).whole == "hafeez opens bridge"
    assert only(one.format("mayors")).whole == "mayors open bridge"
