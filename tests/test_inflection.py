from __future__ import annotations

import pytest

from textae.inflection import present_forms


@pytest.mark.parametrize(
    ("past", "present"),
    [
        ("won", ("wins", "win")),
        ("said", ("says", "say")),
        ("had", ("has", "have")),
        ("did", ("does", "do")),
        ("went", ("goes", "go")),
        ("caught", ("catches", "catch")),
        ("bought", ("buys", "buy")),
        ("withdrew", ("withdraws", "withdraw")),
        ("died", ("dies", "die")),
        ("overturned", ("overturns", "overturn")),
    ],
)
def test_an_irregular_verb_has_its_third_person_and_its_plural(past, present):
    assert present_forms(past) == [present]


def test_a_y_after_a_consonant_becomes_ies():
    assert present_forms("flew") == [("flies", "fly")]
    assert present_forms("stayed") == [("stayes", "staye"), ("stays", "stay")]


@pytest.mark.parametrize(
    ("past", "third_person", "plural"),
    [
        ("opened", "opens", "open"),
        ("passed", "passes", "pass"),
        ("closed", "closes", "close"),
        ("agreed", "agrees", "agree"),
        ("planned", "plans", "plan"),
        ("stepped", "steps", "step"),
        ("killed", "kills", "kill"),  # Doubled in the verb itself.
        ("denied", "denies", "deny"),
        ("tried", "tries", "try"),
    ],
)
def test_the_right_spellings_of_a_regular_verb_are_among_the_forms(past, third_person, plural):
    forms = present_forms(past)
    assert (third_person, plural) in forms
    assert all(past not in pair for pair in forms)


@pytest.mark.parametrize("past", ["won", "opened", "planned", "denied", "passed", "agreed"])
def test_no_verb_is_offered_twice_nor_one_form_as_both(past):
    forms = present_forms(past)
    plurals = [plural for _, plural in forms]
    assert len(plurals) == len(set(plurals))
    assert not set(plurals) & {third_person for third_person, _ in forms}


@pytest.mark.parametrize(
    ("past", "forms"),
    [
        ("hoped", [("hopes", "hope"), ("hops", "hop")]),
        ("hopped", [("hoppes", "hoppe"), ("hopps", "hopp"), ("hops", "hop")]),
        ("planned", [("plannes", "planne"), ("planns", "plann"), ("plans", "plan")]),
        ("opened", [("openes", "opene"), ("opens", "open")]),
        ("passed", [("passes", "passe"), ("passes", "pass"), ("pases", "pas")]),
        ("denied", [("denies", "deny")]),
    ],
)
def test_every_verb_it_may_belong_to_is_offered_the_commoner_spellings_first(past, forms):
    assert present_forms(past) == forms


@pytest.mark.parametrize(
    "word",
    ["", "bridge", "red", "used", "seed", "opening", "opens", "says", "edges", "3ed", "2,500ed", "u.s."],
)
def test_what_is_no_past_form_or_too_short_to_tell_has_none(word):
    assert present_forms(word) == []


@pytest.mark.parametrize(
    "word", ["fêted", "exposéd", "пошёл", "запертed", "王明", "宣布了", "宣布ed", "vice-opened"]
)
def test_words_that_are_not_all_english_letters_have_none(word):
    assert present_forms(word) == []


@pytest.mark.parametrize("before", ["was", "were", "been", "is", "not", "the", "an", "its", "by"])
@pytest.mark.parametrize("past", ["seized", "denied", "won"])
def test_after_an_auxiliary_an_article_or_a_possessive_it_is_a_participle(before, past):
    assert present_forms(past, before) == []


@pytest.mark.parametrize("past", ["seized", "denied", "won"])
def test_a_possessive_before_or_by_after_makes_it_a_participle(past):
    assert present_forms(past, "quill's") == []
    assert present_forms(past, "goods", "by") == []


@pytest.mark.parametrize(
    ("before", "after"), [("police", "goods"), ("quill", "a"), ("", ""), ("by-law", "bye")]
)
def test_other_neighbours_leave_it_a_past_tense(before, after):
    assert present_forms("seized", before, after) == present_forms("seized") != []
    assert present_forms("won", before, after) == [("wins", "win")]


@pytest.mark.parametrize("amount", ["500", "1,200", "3.5", "$7"])
def test_after_a_number_it_is_a_currency(amount):
    assert present_forms("won", amount, "each") == []


def test_a_function_word_is_the_present_of_nothing():
    assert present_forms("noted") == [("notes", "note")]
    assert present_forms("canned") == [("cannes", "canne"), ("canns", "cann")]
