from __future__ import annotations

import pytest
import torch

from textae.choices import Choices

# Of ten tokens, a network writes 4, 7 and 2, in the columns 0, 1 and 2.
VOCABULARY = torch.tensor([4, 7, 2])
COLUMN = torch.tensor([-1, -1, 2, -1, 0, -1, -1, 1, -1, -1])
SOURCE = torch.tensor([[9, 7, 9, 3, 4], [8, 8, 3, 8, 3]])


@pytest.fixture
def choices():
    return Choices.of(VOCABULARY, COLUMN, SOURCE)


def test_a_written_token_has_its_own_column_and_any_other_that_of_its_first_place(choices):
    assert choices.places.tolist() == [[3, 1, 3, 6, 0], [3, 3, 5, 3, 5]]


def test_there_are_columns_for_the_vocabulary_and_for_every_place(choices):
    assert choices.width == 3 + 5


def test_tokens_of_written_and_of_pointed_columns(choices):
    assert choices.tokens(torch.tensor([0, 1])).tolist() == [4, 7]
    assert choices.tokens(torch.tensor([2, 3])).tolist() == [2, 8]
    assert choices.tokens(torch.tensor([6, 7])).tolist() == [3, 3]
    # Of the same column each row has its own document's token.
    assert choices.tokens(torch.tensor([5, 5])).tolist() == [9, 3]


def test_tokens_inverts_places():
    random = torch.Generator().manual_seed(0)
    source = torch.randint(10, (6, 20), generator=random)
    choices = Choices.of(VOCABULARY, COLUMN, source)
    for place in range(20):
        assert torch.equal(choices.tokens(choices.places[:, place]), source[:, place])


def test_equal_tokens_share_a_place_and_different_ones_do_not():
    random = torch.Generator().manual_seed(1)
    source = torch.randint(10, (6, 20), generator=random)
    places = Choices.of(VOCABULARY, COLUMN, source).places
    same = source.unsqueeze(1) == source.unsqueeze(2)
    assert torch.equal(places.unsqueeze(1) == places.unsqueeze(2), same)


def test_selected_rows_are_those_of_the_documents_alone(choices):
    rows = torch.tensor([1, 0, 1])
    selected = choices.select(rows)
    alone = Choices.of(VOCABULARY, COLUMN, SOURCE[rows])
    assert torch.equal(selected.places, alone.places)
    assert torch.equal(selected.source, alone.source)
    assert torch.equal(selected.vocabulary, VOCABULARY)
    assert selected.width == choices.width
    assert selected.tokens(torch.tensor([3, 3, 0])).tolist() == [8, 9, 4]
    # The batch it was taken from stays as it was.
    assert choices.source.tolist() == SOURCE.tolist()


def test_a_document_without_a_token_of_the_vocabulary_and_one_of_nothing_else():
    source = torch.tensor([[0, 1, 0], [2, 4, 2]])
    choices = Choices.of(VOCABULARY, COLUMN, source)
    assert choices.places.tolist() == [[3, 4, 3], [2, 0, 2]]
