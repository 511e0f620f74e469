"""A parser that learns from few trees: what ``scripts/grow_trees.py`` grows many trees with.

It is larger than what ships. Its encoder first reads plain text in both directions, guesses the next word and
tells LAC's tags (after Peters et al. 2018, "Deep contextualized word representations"); a biaffine parser
(Dozat and Manning 2017) on top of it then learns from the trees, and a chart finds the best tree without
crossing arcs (Eisner 1996).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textae.data import pad_with_mask
from textae.networks import IGNORE
from textae.parser import masked
from textae.phrases import Words, bare

_WORDS = 14_000
_LEAST = 5
"""Times that a character must be seen to have a vector of its own."""
_MARKS = ",.;:?!、。"
_WORD, _CHARACTER, _MARK, _INPUT, _STATES = 96, 48, 16, 192, 224
_NEGATIVES = 1500
_POWER = 0.75
"""Of the frequency with which a word is drawn as a wrong guess (Mikolov et al. 2013)."""
_MIXED, _PARSER, _ARC, _LABEL = 256, 160, 160, 80
_FARTHEST = 20
_DROPOUT, _ENCODER_DROPOUT = 0.33, 0.1
_ENCODER_SHARE = 0.3
"""Of the rate, with which the encoder learns from trees."""
_RATE = 2e-3
_BATCH, _TREES = 64, 24
_POOL = 40
_MOST_NORM = 5.0
_NEVER = -1e9


@dataclass(frozen=True)
class Tree:
    """Heads and labels of words; a bare mark has no label, and counts for nothing."""

    heads: list[int]
    labels: list[str]


class Encoder(nn.Module):
    """States of words, from the left and from the right.

    Args:
        texts: whose words and characters get vectors of their own.
        tags: those it tells while it learns to read.
    """

    def __init__(self, texts: Sequence[Words], tags: Sequence[str]) -> None:
        super().__init__()
        counts = Counter(masked(bare(word)) for word in chain.from_iterable(texts))
        characters: Counter[str] = Counter()
        for word, count in counts.items():
            characters.update({character: count for character in {word[:1], word[-1:]}})
        common = counts.most_common(_WORDS)
        self._words = {word: i for i, (word, _) in enumerate(common, 2)}
        known = (character for character, count in characters.items() if count >= _LEAST)
        self._characters = {character: i for i, character in enumerate(known, 2)}
        self.tags = list(tags)
        self.word = nn.Embedding(2 + len(self._words), _WORD, padding_idx=0)
        self.character = nn.Embedding(2 + len(self._characters), _CHARACTER, padding_idx=0)
        self.mark = nn.Embedding(2 + len(_MARKS), _MARK, padding_idx=0)
        nn.init.normal_(self.word.weight, 0, 0.3)
        self.input = nn.Linear(_WORD + 2 * _CHARACTER + _MARK, _INPUT)
        self.dropout = nn.Dropout(_ENCODER_DROPOUT)
        self.forwards = nn.ModuleList(nn.GRU(size, _STATES, batch_first=True) for size in (_INPUT, _STATES))
        self.backwards = nn.ModuleList(nn.GRU(size, _STATES, batch_first=True) for size in (_INPUT, _STATES))
        self.guess = nn.Linear(_STATES, _INPUT)
        self.guess_bias = nn.Embedding(2 + len(self._words), 1)
        nn.init.zeros_(self.guess_bias.weight)
        self.tag = nn.Linear(2 * _STATES, len(tags))
        often = [count**_POWER for _, count in common]
        self.often: Tensor
        self.register_buffer("often", torch.tensor([0.0, sum(often) / 100, *often]))
        # The numbers of every word by itself, for guesses.
        spelled = [
            (number, self._characters.get(word[:1], 1), self._characters.get(word[-1:], 1), 1)
            for word, number in self._words.items()
        ]
        self.spelled: Tensor
        self.register_buffer("spelled", torch.tensor([(0, 0, 0, 0), (1, 1, 1, 1), *spelled]))

    @property
    def size(self) -> int:
        """Of what ``forward`` gives, all of it beside one another."""
        return _INPUT + 4 * _STATES

    def encode(self, texts: Sequence[Words]) -> Tensor:
        """Words of texts -> their numbers, ``(batch, words, 4)``."""
        rows = [
            [
                (
                    self._words.get(plain, 1),
                    self._characters.get(plain[:1], 1),
                    self._characters.get(plain[-1:], 1),
                    2 + _MARKS.find(word[-1]) if word[-1] in _MARKS else 1,
                )
                for word in words
                for plain in [masked(bare(word))]
            ]
            for words in texts
        ]
        columns = [pad_with_mask([[word[i] for word in row] for row in rows], 0)[0] for i in range(4)]
        return torch.stack(columns, 2)

    def forward(self, ids: Tensor) -> list[Tensor]:
        """Vectors of words, two layers of states from the left, two from the right."""
        lengths = ids[..., 0].ne(0).sum(1)
        places = (lengths[:, None] - 1 - torch.arange(ids.shape[1])).clamp(min=0)

        def turned(states: Tensor) -> Tensor:
            return states.gather(1, places[..., None].expand(-1, -1, states.shape[2]))

        vectors = self.dropout(torch.relu(self._vectors(ids)))
        left = self._read(self.forwards, vectors)
        right = [turned(states) for states in self._read(self.backwards, turned(vectors))]
        return [vectors, *left, *right]

    def loss(self, texts: Sequence[Words], tags: Sequence[Sequence[str]]) -> Tensor:
        """Cross-entropy of the next word, of the one before, and of the tags, in nats a word."""
        ids = self.encode(texts)
        _, _, left, _, right = self(ids)
        numbers = [[self.tags.index(tag) for tag in row] for row in tags]
        wanted = pad_with_mask(numbers, IGNORE)[0]
        odds = self.tag(torch.cat([left, right], 2))
        told = functional.cross_entropy(odds.flatten(0, 1), wanted.flatten(), ignore_index=IGNORE)
        beside = ids[:, 1:, 0].ne(0)
        following = self._guess(left[:, :-1][beside], ids[:, 1:][beside])
        return told + following + self._guess(right[:, 1:][beside], ids[:, :-1][beside])

    def _vectors(self, ids: Tensor, with_mark: bool = True) -> Tensor:
        word, first, last, mark = ids.unbind(-1)
        marks = self.mark(mark if with_mark else torch.zeros_like(mark))
        ends = [self.character(first), self.character(last)]
        return self.input(torch.cat([self.word(word), *ends, marks], -1))

    def _read(self, layers: nn.ModuleList, vectors: Tensor) -> list[Tensor]:
        first = layers[0](vectors)[0]
        return [first, first + layers[1](self.dropout(first))[0]]

    def _guess(self, states: Tensor, wanted: Tensor) -> Tensor:
        """Cross-entropy of a word among wrong ones that are drawn by frequency, ``(words, 4)`` numbers."""
        wrong = torch.multinomial(self.often, min(_NEGATIVES, len(self.often) - 2))
        drawn = self.often / self.often.sum() * len(wrong)
        states = self.guess(states)
        right = (states * self._vectors(wanted, with_mark=False)).sum(1)
        right = right + self.guess_bias(wanted[:, 0])[:, 0] - drawn[wanted[:, 0]].log()
        others = states @ self._vectors(self.spelled[wrong], with_mark=False).T
        others = others + self.guess_bias(wrong)[:, 0] - drawn[wrong].log()
        others = others.masked_fill(wanted[:, :1] == wrong, _NEVER)
        odds = torch.cat([right[:, None], others], 1)
        return functional.cross_entropy(odds, torch.zeros(len(odds), dtype=torch.long))


class Teacher(nn.Module):
    """Log-odds of heads and labels.

    Args:
        encoder: that has learned to read.
        labels: the relations it tells.
    """

    def __init__(self, encoder: Encoder, labels: Sequence[str]) -> None:
        super().__init__()
        self.encoder, self.labels = encoder, list(labels)
        self.mix = nn.Linear(encoder.size, _MIXED)
        self.gru = nn.GRU(_MIXED, _PARSER, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(_DROPOUT)
        self.arc_dependent, self.arc_head = nn.Linear(2 * _PARSER, _ARC), nn.Linear(2 * _PARSER, _ARC)
        self.arc, self.arc_alone = nn.Linear(_ARC, _ARC), nn.Linear(_ARC, 1)
        self.distance = nn.Embedding(2 * _FARTHEST + 1, 1)
        nn.init.zeros_(self.distance.weight)
        self.root = nn.Parameter(torch.zeros(_ARC))
        self.label_dependent, self.label_head = nn.Linear(2 * _PARSER, _LABEL), nn.Linear(2 * _PARSER, _LABEL)
        self.root_label = nn.Parameter(torch.zeros(_LABEL))
        self.label = nn.Bilinear(_LABEL, _LABEL, len(labels))
        self.label_alone = nn.Linear(2 * _LABEL, len(labels))

    def forward(self, texts: Sequence[Words]) -> tuple[Tensor, Tensor]:
        """States ``(batch, words, size)`` and log-odds of heads ``(batch, words, 1 + words)``; root first."""
        ids = self.encoder.encode(texts)
        mixed = self.dropout(torch.relu(self.mix(self.dropout(torch.cat(self.encoder(ids), 2)))))
        lengths = ids[..., 0].ne(0).sum(1)
        packed = pack_padded_sequence(mixed, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=ids.shape[1])
        states = self.dropout(states)
        dependents = self.dropout(torch.relu(self.arc_dependent(states)))
        heads = self.dropout(torch.relu(self.arc_head(states)))
        heads = torch.cat([self.root.expand(len(heads), 1, -1), heads], 1)
        arcs = self.arc(dependents) @ heads.transpose(1, 2) + self.arc_alone(heads).transpose(1, 2)
        places = torch.arange(ids.shape[1])
        apart = (places - places[:, None]).clamp(-_FARTHEST, _FARTHEST) + _FARTHEST
        arcs = arcs + functional.pad(self.distance(apart)[..., 0], (1, 0))
        none = pad_with_mask([[not bare(word) for word in words] for words in texts], 1)[0].bool()
        return states, arcs.masked_fill(functional.pad(none, (1, 0)).unsqueeze(1), _NEVER)

    def label_odds(self, states: Tensor, heads: Tensor) -> Tensor:
        """Log-odds of labels ``(batch, words, labels)`` given every word's head, 0 for none."""
        dependents, as_heads = torch.relu(self.label_dependent(states)), torch.relu(self.label_head(states))
        as_heads = torch.cat([self.root_label.expand(len(states), 1, -1), as_heads], 1)
        chosen = as_heads.gather(1, heads.unsqueeze(2).expand(-1, -1, as_heads.shape[2]))
        return self.label(dependents, chosen) + self.label_alone(torch.cat([dependents, chosen], 2))

    def loss(self, texts: Sequence[Words], trees: Sequence[Tree]) -> Tensor:
        """Cross-entropy of heads and labels, in nats a word."""
        numbers = [[self.labels.index(x) if x else IGNORE for x in tree.labels] for tree in trees]
        labels = pad_with_mask(numbers, IGNORE)[0].flatten()
        pairs = (zip(tree.heads, tree.labels, strict=True) for tree in trees)
        numbers = [[head + 1 if label else IGNORE for head, label in pair] for pair in pairs]
        heads = pad_with_mask(numbers, IGNORE)[0]
        states, arcs = self(texts)
        odds = self.label_odds(states, heads.clamp(min=0))
        return functional.cross_entropy(
            arcs.flatten(0, 1), heads.flatten(), ignore_index=IGNORE
        ) + functional.cross_entropy(odds.flatten(0, 1), labels, ignore_index=IGNORE)


@torch.no_grad()
def parse(teachers: Sequence[Teacher], sentences: Sequence[Words]) -> Iterator[Tree]:
    """The trees on which some teachers agree best, each of one sentence, in order."""
    for start in range(0, len(sentences), _BATCH):
        part = sentences[start : start + _BATCH]
        told = [teacher.eval()(part) for teacher in teachers]
        arcs = torch.stack([odds.log_softmax(2) for _, odds in told]).mean(0)
        real = [[i for i, word in enumerate(words) if bare(word)] for words in part]
        most = max(1, *map(len, real))
        scores = torch.full((len(part), most, most + 1), _NEVER)
        for row, places in enumerate(real):
            columns = [0, *(i + 1 for i in places)]
            scores[row, : len(places), : len(columns)] = arcs[row][places][:, columns]
        heads = torch.zeros(arcs.shape[:2], dtype=torch.long)
        for row, (places, found) in enumerate(zip(real, projective(scores, [*map(len, real)]), strict=True)):
            for i, head in zip(places, found, strict=True):
                heads[row, i] = places[head - 1] + 1 if head else 0
        pairs = zip(teachers, told, strict=True)
        odds = torch.stack([one.label_odds(states, heads).log_softmax(2) for one, (states, _) in pairs])
        best = odds.mean(0).argmax(2)
        for row, words in enumerate(part):
            yield Tree(
                [int(heads[row, i]) - 1 for i in range(len(words))],
                [teachers[0].labels[best[row, i]] if bare(word) else "" for i, word in enumerate(words)],
            )


def projective(scores: Tensor, sizes: Sequence[int]) -> list[list[int]]:
    """The best trees with one root and without crossing arcs.

    Args:
        scores: of heads, ``(batch, words, 1 + words)``, the root first.
        sizes: how many words each sentence has.

    Returns:
        the head of every word, counted from 1, 0 for the root.
    """
    batch, size, _ = scores.shape
    score = functional.pad(scores.permute(2, 1, 0), (0, 0, 1, 0), value=_NEVER)
    open_, closed = (torch.full((size + 1, size + 1, batch), _NEVER) for _ in range(2))
    splits = torch.zeros(2, size + 1, size + 1, batch, dtype=torch.long)
    closed[range(size + 1), range(size + 1)] = 0.0
    for width in range(1, size + 1):
        i = torch.arange(size + 1 - width)
        j, between = i + width, i[:, None] + torch.arange(width)
        best, where = (closed[i[:, None], between] + closed[j[:, None], between + 1]).max(1)
        open_[i, j], open_[j, i] = best + score[i, j], best + score[j, i]
        splits[0, i, j] = splits[0, j, i] = where + i[:, None]
        closed[j, i], where = (closed[between, i[:, None]] + open_[j[:, None], between]).max(1)
        splits[1, j, i] = where + i[:, None]
        closed[i, j], where = (open_[i[:, None], between + 1] + closed[between + 1, j[:, None]]).max(1)
        splits[1, i, j] = where + i[:, None] + 1
        # The root has one dependent.
        closed[0, width].masked_fill_(torch.tensor(sizes) != width, _NEVER)
    return [_heads(splits[..., row].numpy(), length) for row, length in enumerate(sizes)]


def _heads(splits: np.ndarray, size: int) -> list[int]:
    """The tree of a chart, given where its spans split, ``(open or closed, from, to)``."""
    heads = [0] * (size + 1)
    todo = [(0, size, True)]
    while todo:
        head, end, is_closed = todo.pop()
        if head == end:
            continue
        split = int(splits[int(is_closed), head, end])
        if is_closed:
            todo += [(head, split, False), (split, end, True)]
        else:
            heads[end] = head
            todo += [(min(head, end), split, True), (max(head, end), split + 1, True)]
    return heads[1:]


def learn_to_read(encoder: Encoder, rows: Sequence[tuple[Words, list[str]]], steps: int, seed: int) -> None:
    """Teach an encoder by plain text and its tags."""
    optimizer = torch.optim.AdamW(encoder.parameters(), _RATE, betas=(0.9, 0.98))
    shuffle, begin = random.Random(seed), time.monotonic()
    batches: list[list[tuple[Words, list[str]]]] = []
    for step in range(steps):
        if not batches:
            pool = sorted(shuffle.sample(rows, min(len(rows), _BATCH * _POOL)), key=lambda row: len(row[0]))
            batches = [pool[i : i + _BATCH] for i in range(0, len(pool), _BATCH)]
            shuffle.shuffle(batches)
        texts, tags = zip(*batches.pop(), strict=True)
        _go(encoder, optimizer, encoder.loss(texts, tags), step, steps)
        if (step + 1) % 100 == 0:
            print(f"reading: {step + 1} of {steps} steps, {time.monotonic() - begin:.0f} s", flush=True)


def learn_trees(teacher: Teacher, rows: Sequence[tuple[Words, Tree]], epochs: int, seed: int) -> None:
    """Teach a parser by trees."""
    own = [p for name, p in teacher.named_parameters() if not name.startswith("encoder.")]
    groups = [
        {"params": list(teacher.encoder.parameters()), "share": _ENCODER_SHARE},
        {"params": own, "share": 1.0},
    ]
    optimizer = torch.optim.AdamW(groups, _RATE, betas=(0.9, 0.95))
    shuffle, steps, step = random.Random(seed), epochs * -(-len(rows) // _TREES), 0
    for _ in range(epochs):
        order = sorted(shuffle.sample(rows, len(rows)), key=lambda row: len(row[0]) // 4)
        batches = [order[i : i + _TREES] for i in range(0, len(order), _TREES)]
        for batch in shuffle.sample(batches, len(batches)):
            texts, trees = zip(*batch, strict=True)
            _go(teacher, optimizer, teacher.loss(texts, trees), step, steps)
            step += 1


def _go(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    value: Tensor,
    step: int,
    steps: int,
    warm: int = 100,
) -> None:
    """One step down; the rate rises at first, and then falls to nothing."""
    for group in optimizer.param_groups:
        group["lr"] = _RATE * group.get("share", 1.0) * min(1.0, (step + 1) / warm) * (1 - step / steps)
    network.train()
    optimizer.zero_grad()
    value.backward()
    nn.utils.clip_grad_norm_(network.parameters(), _MOST_NORM)
    optimizer.step()
