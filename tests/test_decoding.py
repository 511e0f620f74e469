from __future__ import annotations

import pytest
import torch
import toy

from textae.data import pad
from textae.decoding import Stepper, beam_search, sample
from textae.networks import choices_of, token_log_probs
from textae.support import Support
from textae.token_table import TokenTable

EOS = toy.tokenizer().eos_token_id
PAD = toy.tokenizer().pad_token_id


@pytest.fixture(scope="module")
def network():
    return toy.network(4, spread=0.5)


@pytest.fixture(scope="module")
def table():
    return TokenTable.build(toy.tokenizer(), toy.writable())


def encode(documents):
    rows = toy.tokenizer()(documents, add_special_tokens=False)["input_ids"]
    ids = pad(rows, PAD)
    return ids, ids.ne(PAD)


def beams_of(network, table, ids, mask, limits, beams=4, max_tokens=40):
    support = Support(table, ids, mask, torch.tensor(limits))
    return beam_search(network, ids, mask, support, beams=beams, max_tokens=max_tokens)


def mean_log_prob(network, ids, mask, written):
    """Of a whole output, its end token counted, by the way that training takes."""
    labels = torch.tensor([[*written, EOS]])
    return token_log_probs(network, ids, mask, labels).mean().item()


def every_output(ids, mask, table, limit):
    """All sequences that ``Support`` lets through, found without any network."""
    found, paths = [], [[]]
    while paths:
        path = paths.pop()
        state = Support(table, ids, mask, torch.tensor([limit]))
        for column in path:
            state.advance(torch.tensor([column]))
        tokens = [int(state.choices.tokens(torch.tensor([column]))) for column in path]
        for column in state.allowed()[0].nonzero().squeeze(1).tolist():
            if state.choices.vocabulary[column : column + 1].tolist() == [EOS]:
                found.append(tokens)
            else:
                paths.append([*path, column])
    return found


def test_wide_beams_find_what_exhaustive_search_finds():
    ids, mask = encode(["Kim in Berlin won 3.5."])
    table = TokenTable.build(toy.tokenizer(), [EOS, *toy.writable()[1:4]])
    network = toy.network(4, spread=0.5)
    network.write_only(table.vocabulary)
    outputs = every_output(ids, mask, table, 2)
    assert len(outputs) > 20
    best = sorted(((mean_log_prob(network, ids, mask, row), row) for row in outputs), reverse=True)
    found = beams_of(network, table, ids, mask, [2], beams=200)[0]
    assert [candidate.ids for candidate in found] == [row for _, row in best]
    assert [candidate.score for candidate in found] == pytest.approx([score for score, _ in best], abs=1e-4)


def test_candidates_are_different_and_come_best_first(network, table):
    ids, mask = encode(toy.documents(6))
    for row in beams_of(network, table, ids, mask, [5] * 6):
        assert 1 <= len(row) <= 4
        assert len({tuple(candidate.ids) for candidate in row}) == len(row)
        assert [c.score for c in row] == sorted((c.score for c in row), reverse=True)


def test_the_score_is_the_mean_log_probability_of_a_token(network, table):
    ids, mask = encode(toy.documents(3))
    for i, row in enumerate(beams_of(network, table, ids, mask, [6] * 3)):
        for candidate in row:
            alone = mean_log_prob(network, ids[i : i + 1], mask[i : i + 1], candidate.ids)
            assert candidate.score == pytest.approx(alone, abs=1e-4)


def test_one_beam_follows_the_greedy_path(network, table):
    # It may end earlier: the search stops once nothing alive beats what has ended.
    ids, mask = encode(toy.documents(12))
    limits = torch.full((12,), 6)
    support = Support(table, ids, mask, limits)
    greedy = sample(network, ids, mask, torch.zeros(12, 40), temperature=0, support=support).tolist()
    found = beams_of(network, table, ids, mask, limits.tolist(), beams=1)
    compared = 0
    for i, row in enumerate(greedy):
        if EOS in row:
            path = row[: row.index(EOS)]
            best = found[i][0]
            shared = min(len(path), len(best.ids))
            assert best.ids[:shared] == path[:shared]
            compared += 1
    assert compared > 3


def test_temperature_zero_takes_the_likeliest_token(network):
    ids, mask = encode(toy.documents(4))
    greedy = sample(network, ids, mask, torch.zeros(4, 12), temperature=0)
    for i in range(4):
        row = greedy[i].tolist()
        row = row[: row.index(EOS) + 1] if EOS in row else row
        begun = torch.tensor([[network.config.decoder_start_token_id, *row[:-1]]])
        logits = network(
            input_ids=ids[i : i + 1], attention_mask=mask[i : i + 1], decoder_input_ids=begun
        ).logits
        assert logits[0].argmax(-1).tolist() == row


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_evenly_spread_uniforms_sample_the_distribution(network, temperature):
    ids, mask = encode(["Kim wins in Berlin"])
    count = 2000
    uniforms = (torch.arange(count) + 0.5).unsqueeze(1) / count
    drawn = sample(
        network, ids.expand(count, -1), mask.expand(count, -1), uniforms, temperature=temperature
    ).squeeze(1)
    start = torch.tensor([network.config.decoder_start_token_id])
    stepper = Stepper(network, ids, mask, choices_of(network, ids))
    powers = stepper.step(start)[0].pow(1 / temperature)
    columns = torch.arange(len(powers))
    tokens = stepper.choices.select(torch.zeros_like(columns)).tokens(columns)
    probs = torch.zeros(network.config.vocab_size).index_add(0, tokens, powers / powers.sum())
    counts = drawn.bincount(minlength=len(probs))
    assert (counts - count * probs).abs().max() <= 1.1
    assert counts.gt(0).sum() > 5


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-24])
def test_the_extreme_uniforms_draw_allowed_tokens(network, table, uniform):
    ids, mask = encode(toy.documents(8))
    support = Support(table, ids, mask, torch.full((8,), 4))
    allowed = support.allowed()
    drawn = sample(network, ids, mask, torch.full((8, 1), uniform), support=support)
    columns = torch.arange(support.choices.width)
    for i in range(8):
        tokens = support.choices.select(torch.full_like(columns, i)).tokens(columns)
        assert drawn[i] in tokens[allowed[i]]


def test_a_batch_of_one_equals_its_row_in_a_batch_of_eight(network, table):
    ids, mask = encode(toy.documents(8))
    limits = [3, 4, 5, 6, 3, 4, 5, 6]
    uniforms = torch.rand(8, 30, generator=torch.Generator().manual_seed(0))
    together = sample(network, ids, mask, uniforms, support=Support(table, ids, mask, torch.tensor(limits)))
    beams = beams_of(network, table, ids, mask, limits)
    for i in range(8):
        length = int(mask[i].sum())
        row, row_mask = ids[i : i + 1, :length], mask[i : i + 1, :length]
        support = Support(table, row, row_mask, torch.tensor(limits[i : i + 1]))
        assert torch.equal(
            sample(network, row, row_mask, uniforms[i : i + 1], support=support)[0], together[i]
        )
        alone = beams_of(network, table, row, row_mask, limits[i : i + 1])[0]
        assert [candidate.ids for candidate in alone] == [candidate.ids for candidate in beams[i]]


def test_rows_end_with_the_end_token_and_padding(network):
    ids, mask = encode(toy.documents(16))
    uniforms = torch.rand(16, 60, generator=torch.Generator().manual_seed(1))
    rows = sample(network, ids, mask, uniforms).tolist()
    ended = [row for row in rows if EOS in row]
    assert len({row.index(EOS) for row in ended}) > 2
    assert all(set(row[row.index(EOS) + 1 :]) <= {PAD} for row in ended)


def test_nothing_is_learned_while_writing(network, table):
    ids, mask = encode(toy.documents(2))
    assert not sample(network, ids, mask, torch.zeros(2, 3)).requires_grad
    before = {name: value.clone() for name, value in network.state_dict().items()}
    beams_of(network, table, ids, mask, [4, 4])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
