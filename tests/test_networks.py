from __future__ import annotations

import json
import pickle

import pytest
import torch
import toy
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch.nn import functional
from transformers import (
    AutoModelForSeq2SeqLM,
    BartConfig,
    BartForConditionalGeneration,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from textae.data import make_batch, pad
from textae.decoding import beam_search, sample
from textae.errors import CheckpointError
from textae.networks import (
    IGNORE,
    PointerGenerator,
    build_network,
    load_network,
    shift_right,
    token_log_probs,
)
from textae.support import Support
from textae.token_table import TokenTable
from textae.tokenizer import load_tokenizer, with_length_prompts

PAD, EOS = toy.tokenizer().pad_token_id, toy.tokenizer().eos_token_id


def batch_of(documents, targets):
    tokenizer = toy.tokenizer()
    sources = tokenizer(documents, add_special_tokens=False)["input_ids"]
    labels = [[*row, EOS] for row in tokenizer(targets, add_special_tokens=False)["input_ids"]]
    return make_batch(sources, labels, PAD)


@pytest.fixture(params=[True, False], ids=["restricted", "writes all"])
def network(request):
    return toy.network(restricted=request.param)


@pytest.fixture(scope="module")
def batch():
    return batch_of(toy.documents(4), toy.human_text(4))


def scored(network, batch):
    return network(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels)


class Words:
    """A tokenizer of six tokens: as much of one as ``build_network`` asks for."""

    pad_token_id, eos_token_id, bos_token_id = 0, 1, 2

    def __len__(self):
        return 6


def test_the_distribution_mixes_writing_and_pointing_by_hand():
    torch.manual_seed(0)
    network = build_network(toy.SIZES, Words(), output_ids=[1, 3]).eval()
    # No gate, no pointing preference, and a bias alone to write by: half of the mass is spread evenly over
    # the source (4, 5, 4), and half goes 1 : 3 to the tokens 1 and 3.
    with torch.no_grad():
        for parameter in (network.gate.weight, network.gate.bias, network.pointer_query.weight):
            parameter.zero_()
        network.model.shared.weight.zero_()
        network.output_bias.copy_(torch.tensor([0.0, torch.log(torch.tensor(3.0))]))
    source = torch.tensor([[4, 5, 4, 0]])
    output = network(input_ids=source, attention_mask=source.ne(0), decoder_input_ids=torch.tensor([[2, 3]]))
    expected = torch.tensor([0, 1 / 8, 0, 3 / 8, 1 / 3, 1 / 6])
    torch.testing.assert_close(output.logits.exp(), expected.expand(1, 2, 6), atol=1e-6, rtol=0)


def test_log_probabilities_sum_to_one(network, batch):
    total = scored(network, batch).logits.exp().sum(-1)
    torch.testing.assert_close(total, torch.ones_like(total), atol=1e-5, rtol=0)


def test_what_can_be_neither_written_nor_pointed_at_has_no_probability(batch):
    network = toy.network()
    logits = scored(network, batch).logits
    reachable = torch.zeros(logits.shape[0], logits.shape[2], dtype=torch.bool)
    reachable[:, list(toy.writable())] = True
    reachable.scatter_(1, batch.input_ids, True)
    unreachable = logits.masked_select(~reachable.unsqueeze(1))
    assert len(unreachable)
    assert unreachable.max() < -20
    assert logits.masked_select(reachable.unsqueeze(1)).median() > -20


def test_the_short_way_gives_the_log_probabilities_of_the_long_one(network, batch):
    logits = scored(network, batch).logits
    long_way = logits.gather(-1, batch.labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    short_way = token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels)
    counted = short_way != 0
    assert counted.sum() > 20
    torch.testing.assert_close(short_way[counted], long_way[counted], atol=1e-4, rtol=1e-4)
    written_all = network.config.output_ids is None
    assert bool((counted == batch.labels.ne(IGNORE)).all()) == written_all


def test_both_ways_have_the_same_gradient(network, batch):
    loss = scored(network, batch).loss
    count = token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels).ne(0).sum()
    short = -token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels).sum() / count
    parameters = [p for p in network.parameters() if p.requires_grad]
    for one, other in zip(
        torch.autograd.grad(loss, parameters), torch.autograd.grad(short, parameters), strict=True
    ):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-3)


def test_the_loss_leaves_out_what_cannot_be_learned():
    network = toy.network()
    tokenizer = toy.tokenizer()
    seen, unseen = (tokenizer.convert_tokens_to_ids(token) for token in ("▁merkel", "▁zagrebov"))
    source = torch.tensor([[seen]])
    labels = torch.tensor([[seen, EOS]])
    plain = network(input_ids=source, labels=labels)
    ignored = network(input_ids=source, labels=torch.tensor([[seen, EOS, IGNORE]]))
    torch.testing.assert_close(ignored.loss, plain.loss)
    # An unreachable token at the end adds neither to the sum nor to the count.
    unreachable = network(input_ids=source, labels=torch.tensor([[seen, EOS, unseen]]))
    torch.testing.assert_close(unreachable.loss, plain.loss)
    assert token_log_probs(network, source, source.ne(PAD), torch.tensor([[unseen]])).item() == 0
    assert network(input_ids=source, labels=torch.tensor([[unseen]])).loss.item() == 0


def test_padding_changes_nothing(network, batch):
    wide_ids = functional.pad(batch.input_ids, (0, 5), value=7)
    wide_mask = functional.pad(batch.attention_mask, (0, 5))
    labels = functional.pad(batch.labels, (0, 3), value=IGNORE)
    narrow = token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels)
    wide = token_log_probs(network, wide_ids, wide_mask, labels)
    # The padded ids are no part of the document, though the labels may be found there.
    pointable = (batch.labels.unsqueeze(-1) == batch.input_ids.unsqueeze(1)).any(-1) | batch.labels.ne(7)
    torch.testing.assert_close(wide[:, :-3][pointable], narrow[pointable], atol=1e-5, rtol=1e-4)
    assert wide[:, -3:].abs().max() == 0


def test_a_batch_of_one_equals_its_row_in_a_batch(network, batch):
    together = token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels)
    for i in range(len(together)):
        one = batch_of(toy.documents(4)[i : i + 1], toy.human_text(4)[i : i + 1])
        alone = token_log_probs(network, one.input_ids, one.attention_mask, one.labels)
        torch.testing.assert_close(together[i : i + 1, : alone.shape[1]], alone, atol=1e-5, rtol=1e-4)


def test_every_parameter_learns(network, batch):
    scored(network, batch).loss.backward()
    still = [name for name, p in network.named_parameters() if p.requires_grad and not p.grad.abs().max() > 0]
    assert still == []


def test_saved_and_opened_by_the_auto_class_it_is_bit_identical(network, batch, tmp_path):
    network.save_pretrained(tmp_path)
    opened = AutoModelForSeq2SeqLM.from_pretrained(tmp_path)
    assert isinstance(opened, PointerGenerator)
    assert opened.state_dict().keys() == network.state_dict().keys()
    assert all(torch.equal(v, network.state_dict()[k]) for k, v in opened.state_dict().items())
    assert torch.equal(scored(opened.eval(), batch).logits, scored(network, batch).logits)
    assert [path.suffix for path in tmp_path.iterdir() if "model" in path.name] == [".safetensors"]


def test_generate_of_transformers_is_greedy_as_sample_is(network, batch):
    written = network.generate(
        batch.input_ids, attention_mask=batch.attention_mask, max_new_tokens=10, do_sample=False, num_beams=1
    )
    ours = sample(network, batch.input_ids, batch.attention_mask, torch.zeros(4, 10), temperature=0)
    assert written[:, 1:].tolist() == ours[:, : written.shape[1] - 1].tolist()
    by_name = network.generate(
        input_ids=batch.input_ids, attention_mask=batch.attention_mask, max_new_tokens=10, do_sample=False
    )
    assert torch.equal(by_name, written)


def test_generate_searches_with_beams(network, batch):
    rows, lengths = batch.input_ids[:2], batch.attention_mask[:2]
    written = network.generate(rows, attention_mask=lengths, max_new_tokens=8, num_beams=3, do_sample=False)
    greedy = network.generate(rows, attention_mask=lengths, max_new_tokens=8, do_sample=False)

    def likelihood(ids, i):
        labels = ids[i : i + 1, 1:].masked_fill(ids[i : i + 1, 1:] == PAD, IGNORE)
        return token_log_probs(network, rows[i : i + 1], lengths[i : i + 1], labels).sum().item()

    assert written.shape[0] == 2
    assert (
        sum(likelihood(written, i) for i in range(2)) >= sum(likelihood(greedy, i) for i in range(2)) - 1e-4
    )


def test_labels_are_shifted_behind_the_start_token(network):
    labels = torch.tensor([[5, 6, IGNORE, IGNORE]])
    start = network.config.decoder_start_token_id
    assert shift_right(labels, network.config).tolist() == [[start, 5, 6, PAD]]


def test_a_network_in_half_precision_is_opened_in_single(network, batch, tmp_path):
    before = scored(network, batch).logits
    network.half().save_pretrained(tmp_path)
    opened = load_network(tmp_path)
    assert opened.dtype == torch.float32
    torch.testing.assert_close(scored(opened.eval(), batch).logits, before, atol=0.05, rtol=0.05)


@pytest.fixture
def folder(tmp_path):
    toy.network().save_pretrained(tmp_path)
    return tmp_path


def raises_one_line(path):
    with pytest.raises(CheckpointError, match="cannot open the network") as raised:
        load_network(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("kept", [0, 7, 100, 2000, -1])
def test_truncated_weights_are_an_error(folder, kept):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    raises_one_line(folder)


def test_weights_that_are_missing_are_an_error(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["gate.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    raises_one_line(folder)


def test_weights_of_other_sizes_are_an_error(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "d_model": 8}))
    raises_one_line(folder)


def test_a_pickle_is_never_loaded(folder, monkeypatch):
    state = toy.network().state_dict()
    (folder / "model.safetensors").unlink()
    torch.save(state, folder / "pytorch_model.bin")
    monkeypatch.setattr(pickle, "Unpickler", None)
    monkeypatch.setattr(torch, "load", None)
    raises_one_line(folder)


@pytest.mark.parametrize("config", [None, "{", "[]", '{"model_type": "unknown"}', '{"format": "textae"}'])
def test_a_folder_without_a_usable_config_is_an_error(folder, config):
    if config is None:
        (folder / "config.json").unlink()
    else:
        (folder / "config.json").write_text(config)
    raises_one_line(folder)


def test_a_missing_folder_is_an_error(tmp_path):
    raises_one_line(tmp_path / "missing" / "folder")


def byte_level_tokenizer():
    """Of the kind that BART has: no normalizer, and no mark on the first word of a text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({token: i for i, token in enumerate(alphabet)}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", bos_token="<s>", unk_token="<unk>"
    )


def tiny_bart(size):
    sizes = {
        f"{side}_{name}": n
        for side in ("encoder", "decoder")
        for name, n in (("layers", 1), ("ffn_dim", 16), ("attention_heads", 2))
    }
    return BartForConditionalGeneration(
        BartConfig(
            vocab_size=size,
            d_model=16,
            max_position_embeddings=256,
            pad_token_id=256,
            eos_token_id=257,
            bos_token_id=258,
            decoder_start_token_id=257,
            forced_eos_token_id=None,
            **sizes,
        )
    )


def tiny_t5(size):
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=size,
            d_model=16,
            d_kv=8,
            d_ff=16,
            num_layers=1,
            num_heads=2,
            pad_token_id=256,
            eos_token_id=257,
            decoder_start_token_id=256,
        )
    )


@pytest.mark.parametrize("build", [tiny_bart, tiny_t5])
def test_any_other_seq2seq_network_works_too(build, tmp_path):
    torch.manual_seed(0)
    byte_level_tokenizer().save_pretrained(tmp_path)
    tokenizer = with_length_prompts(load_tokenizer(tmp_path))
    build(len(tokenizer)).save_pretrained(tmp_path)
    network = load_network(tmp_path).eval()
    documents = ["Kim won 3.5", "Berlin waits for a vote"]
    rows = tokenizer(documents, add_special_tokens=False)["input_ids"]
    ids = pad(rows, tokenizer.pad_token_id)
    mask = ids.ne(tokenizer.pad_token_id)

    labels = pad([[*row, tokenizer.eos_token_id] for row in rows], IGNORE)
    log_probs = token_log_probs(network, ids, mask, labels)
    expected = network(input_ids=ids, attention_mask=mask, labels=labels).loss
    torch.testing.assert_close(-log_probs.sum() / labels.ne(IGNORE).sum(), expected)

    ours = sample(network, ids, mask, torch.zeros(2, 12), temperature=0)
    theirs = network.generate(ids, attention_mask=mask, max_new_tokens=12, do_sample=False, num_beams=1)
    assert theirs[:, 1:].tolist() == ours[:, : theirs.shape[1] - 1].tolist()

    limits = torch.tensor([3, 3])
    support = Support(TokenTable.build(tokenizer, None), ids, mask, limits)
    found = beam_search(network, ids, mask, support, beams=2, max_tokens=12)
    for row in found:
        for candidate in row:
            assert len(tokenizer.decode(candidate.ids).split()) <= 3
