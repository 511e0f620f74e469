from __future__ import annotations

import torch
from toy_language import toy_bench

from textae.config import Adversarial
from textae.data import BatchSchedule
from textae.networks import IGNORE
from textae.pretrain import PseudoDocuments, SalienceWarmStart
from textae.salience import SalienceTagger


def restricted_bench(tmp_path, left_out):
    """A workbench whose generator may not write the commonest human tokens."""
    bench = toy_bench(tmp_path, Adversarial(steps=1))
    tokens = torch.tensor([token for row in bench.human_text.ids for token in row])
    common = tokens.bincount(minlength=len(bench.tokenizer)).topk(left_out).indices
    allowed = torch.ones(len(bench.tokenizer), dtype=torch.bool)
    allowed[common] = False
    bench.networks["generator"].write_only(allowed.nonzero().squeeze(1))
    return bench


def rows_of(bench, pseudo, steps=20):
    for step in range(steps):
        batch = pseudo.batch(step)
        for source, labels in zip(batch.input_ids.tolist(), batch.labels.tolist(), strict=True):
            yield source, [label for label in labels if label not in (IGNORE, bench.tokenizer.eos_token_id)]


def test_a_sentence_that_could_not_be_written_is_not_learned_from(tmp_path):
    bench = restricted_bench(tmp_path, left_out=3)
    schedule = BatchSchedule(bench.human_text.lengths, 16, 0)
    rows = list(rows_of(bench, PseudoDocuments(bench, schedule, 2)))
    assert len(rows) > 60
    assert all(bench.can_write(sentence, source) for source, sentence in rows)
    # Without the rule it would be otherwise: what the generator cannot write stands in many sentences.
    unreadable = [row for row in bench.human_text.ids if not bench.can_write(row, [])]
    assert len(unreadable) > len(bench.human_text) / 3


def test_where_next_to_nothing_could_be_written_all_is_learned_from(tmp_path):
    bench = toy_bench(tmp_path, Adversarial(steps=1))
    bench.can_write = lambda sentence, document: False
    schedule = BatchSchedule(bench.human_text.lengths, 4, 0)
    assert len(list(rows_of(bench, PseudoDocuments(bench, schedule, 2)))) == 20 * 4


def test_what_can_be_written_or_pointed_at_can_be_said(tmp_path):
    bench = restricted_bench(tmp_path, left_out=1)
    (forbidden,) = set(range(len(bench.tokenizer))) - bench.writable
    assert not bench.can_write([forbidden], [])
    assert bench.can_write([forbidden], [9, forbidden])
    assert bench.can_write(sorted(bench.writable)[:3], [])


def test_what_documents_come_back_to_is_told_where_they_go_on(tmp_path):
    bench = toy_bench(tmp_path, Adversarial(steps=1))
    beginning = bench.documents.words[0]
    bench.documents.rests[0] = beginning[:1] * 60
    for row in range(1, len(bench.documents)):
        bench.documents.rests[row] = ["elsewhere"] * 60
    assert list(bench.told) == list(range(len(bench.documents)))
    assert bench.told[0].tolist() == [float(word == beginning[0]) for word in beginning]
    assert not bench.told[1].any()


def test_what_human_text_tells_is_told_where_documents_do_not_go_on(tmp_path):
    bench = toy_bench(tmp_path, Adversarial(steps=1))
    words = ["storm", "wrecks", "harbour", "today"]
    bench.documents.words[5] = words
    bench.human_text.words[3] = words[:3]
    assert bench.told[5].tolist() == [1, 1, 1, 0]


def test_where_nothing_is_told_the_tagger_takes_no_step_and_all_words_are_even(tmp_path):
    bench = toy_bench(tmp_path, Adversarial(steps=1))
    bench.human_text.words[:] = [["nothing", "alike", "here"] for _ in bench.human_text.words]
    bench.networks["salience"] = SalienceTagger()
    assert SalienceWarmStart(bench).steps == 0
    (odds,) = bench.salience([0])
    assert odds.tolist() == [0.0] * len(bench.documents.words[0])
