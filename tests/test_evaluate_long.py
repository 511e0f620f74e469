from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import toy

SCRIPT = Path(__file__).parent.parent / "scripts" / "evaluate_long.py"
_spec = importlib.util.spec_from_file_location("evaluate_long", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
evaluate_long = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(evaluate_long)

TEXTS = ["Rain floods bridge. Rain stops. Choirs sing songs.", "Rain floods fields. Choirs rest."]


def test_coverage_by_hand():
    # Rain, floods and choirs stand in both documents and weigh nothing, the other four words log 2 each.
    coverage = evaluate_long.Coverage(TEXTS)
    mass, near = coverage.score(TEXTS[0], "Rain on the bridge stops choirs.")
    assert mass == pytest.approx(2 / 4)
    assert near == pytest.approx(2 / 3)
    assert coverage.score("", "") == (0.0, 0.0)


# What an encoder makes of each word; id 0 is padding, whose state must not count.
STATES = {"": (90, 90), "Rain.": (6, 5), "Choirs": (5, 7), "sing.": (5, 5), "Fields": (3, 3), "rest.": (5, 5)}


def embeddings(texts):
    words = list(STATES)
    table = torch.tensor(list(STATES.values()), dtype=torch.float)

    def tokenizer(text, add_special_tokens):
        return {"input_ids": [words.index(word) for word in text.split()]}

    def encoder(input_ids, attention_mask):
        return SimpleNamespace(last_hidden_state=table[input_ids])

    tokenizer.pad_token_id = 0
    network = SimpleNamespace(config=SimpleNamespace(d_model=2), get_encoder=lambda: encoder)
    model = SimpleNamespace(tokenizer=tokenizer, device="cpu", networks={"generator": network})
    return evaluate_long.Embeddings(model, texts)


def test_cosines_by_hand():
    # The three sentences are at (6, 5), (5, 6) and (4, 4); around their mean at (1, 0), (0, 1) and (-1, -1).
    texts = ["Rain. Choirs sing.", "Fields rest.", ""]
    cosines = embeddings(texts).cosines
    assert cosines(["Rain.", "Fields rest.", ""]) == pytest.approx([1 / 2, 1, 0])
    assert cosines(["", "Choirs sing.", "Rain."]) == pytest.approx([0, -(2**-0.5), 0])
    # All tokens of a summary weigh the same: (6, 5), (5, 7) and (5, 5) are at (1/3, 2/3) around the mean.
    assert cosines([texts[0]] * 3) == pytest.approx([3 / 2 / 5**0.5, -3 / 10**0.5, 0])


def test_documents_are_closer_to_their_own_sentences_than_to_those_of_others():
    texts = toy.documents(count=20)
    cosines = evaluate_long.Embeddings(toy.autoencoder(), texts).cosines
    assert cosines(texts).mean() > cosines([*texts[1:], texts[0]]).mean() + 0.3


def test_the_best_of_a_ranking_stand_in_order_and_are_cut_at_the_length():
    assert evaluate_long.best_of(TEXTS[0], [2, 0, 1], 4) == "Rain floods bridge. Choirs"
    assert evaluate_long.best_of(TEXTS[0], [1, 2, 0], 50) == TEXTS[0]


def test_sumy_ranks_every_sentence_once():
    pytest.importorskip("sumy")
    for orders in evaluate_long.sumy_rankings(TEXTS).values():
        assert [sorted(order) for order in orders] == [[0, 1, 2], [0, 1]]


def test_ablations_are_compared_with_the_lead(tmp_path, monkeypatch, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"text": "{text}", "summary": "Rain floods bridge."}}\n' for text in TEXTS))
    model = str(toy.checkpoint(tmp_path / "toy"))
    arguments = ["evaluate_long.py", str(rows), "--ablate", "--length", "3", "2", "--model", model]
    monkeypatch.setattr(sys, "argv", arguments)
    evaluate_long.main()
    first, second = capsys.readouterr().out.split("2 documents, at most 2 words")
    assert "| lead | 83.3 (66.7-100.0) | 75.0 (50.0-100.0) |" in first
    assert "rouge1" not in second
    assert all(f"| {name} |" in first + second for name in evaluate_long.ABLATIONS)
