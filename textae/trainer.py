"""One training run from two unpaired corpora to a model: its stages in order, its state, its traces.

Every step draws its randomness from the seed, the stage and the step number. The state on disk is then
weights, optimizer moments and three counters, and a resumed run goes on bit by bit where the old one was.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from textae import checkpoint, setup_run
from textae.adversarial import AdversarialStage
from textae.autoencoder import TextAutoencoder
from textae.chinese import traditional_forms
from textae.config import TrainConfig
from textae.errors import TextaeError, UsageError
from textae.networks import PointerGenerator
from textae.optimization import Learner
from textae.pretrain import (
    GeneratorWarmStart,
    LanguageModelWarmStart,
    ReconstructorWarmStart,
    SalienceWarmStart,
)
from textae.segment import script_of
from textae.self_training import SelfTrainingStage
from textae.tracking import Tracker, plot_curves
from textae.workbench import Corpus, Workbench


class Stage(Protocol):
    """A part of training: updates some networks, a step at a time."""

    name: str
    steps: int
    learners: Mapping[str, Learner]

    def step(self, step: int) -> dict[str, float]:
        """Update once and report scalars."""


_SHOWN = (
    "salience/loss",
    "reconstructor/loss",
    "generator/loss",
    "language_model/loss",
    "reward/total",
    "discriminator/human",
    "discriminator/generated",
    "samples/entropy",
    "samples/distinct_2",
    "samples/copied",
)
"""Scalars beside the progress bar; all are in the metrics."""
_SAMPLES = 8

STAGES: tuple[Any, ...] = (
    SalienceWarmStart,
    ReconstructorWarmStart,
    GeneratorWarmStart,
    LanguageModelWarmStart,
    SelfTrainingStage,
    AdversarialStage,
)


def train(
    config: TrainConfig,
    documents: Sequence[str],
    human_text: Sequence[str],
    output: Path,
    init: str | None = None,
    resume: bool = False,
) -> None:
    """Train a model without pairs and leave it in ``output/model``.

    Args:
        config: the settings.
        documents: what shall be summarized, one text each.
        human_text: human sentences of *other* texts, in the style the summaries shall have.
        output: the run's folder.
        init: a checkpoint to start from, of textae or of any sequence-to-sequence model.
        resume: go on with the run that is in ``output``.

    Raises:
        UsageError: when the folder holds another run, or resuming would not be the same run; when there is
            nothing to learn from.
    """
    setup_run.check_device(config)
    for name, texts in (("documents", documents), ("human text", human_text)):
        if not any(text.strip() for text in texts):
            raise UsageError(f"there are no {name} to learn from: every text is empty")
    # Moments and probabilities that fade out become denormal numbers, with which a CPU is ten times slower.
    torch.set_flush_denormal(True)
    accelerator = Accelerator(mixed_precision=setup_run.pick_precision(config), cpu=config.device == "cpu")
    parser = setup_run.open_parser(config)
    corpora = setup_run.fingerprint(documents, human_text)
    init = setup_run.open_run(output, config, corpora, init, resume, accelerator)
    torch.manual_seed(config.seed)
    tokenizer = setup_run.open_tokenizer(output, config, documents, human_text, init, accelerator)
    bench = Workbench(
        config=config,
        accelerator=accelerator,
        tokenizer=tokenizer,
        documents=Corpus.encode(documents, tokenizer, config.max_document_tokens),
        human_text=Corpus.encode(human_text, tokenizer, config.max_document_tokens),
        networks=setup_run.build_networks(config, tokenizer, human_text, init, accelerator),
        parser=parser,
        run=output,
    )
    _run_stages(bench, output)
    if accelerator.is_main_process:
        settings = {
            "description": f"from {len(bench.documents)} documents and {len(bench.human_text)} human texts",
            "scripts": [script_of(" ".join(human_text[:1000]))],
            "max_document_tokens": config.max_document_tokens,
            "traditional": traditional_forms(human_text, tokenizer.backend_tokenizer.normalizer.normalize_str)
            if config.chinese
            else {},
            "train_config": config.to_dict(),
        }
        networks = {name: bench.networks[name] for name in checkpoint.NETWORKS if name in bench.networks}
        search = bench.search() if config.writer == "search" else None
        checkpoint.write_model(output / "model", settings, tokenizer, networks, torch.float16, search)


def _run_stages(bench: Workbench, output: Path) -> None:
    progress = checkpoint.read_progress(output)
    first, start, done = (progress.stage, progress.step, progress.done) if progress else (0, 0, 0)
    if progress:
        _load_networks(bench.networks, progress.tensors)
    tracker = Tracker(output, bench.accelerator.is_main_process, done)
    for index, build in enumerate(STAGES[first:], first):
        # A stage's settings have its name; without steps it is not even built.
        if getattr(bench.config, build.name).steps:
            stage: Stage = build(bench)
            if progress and index == first:
                _load_learners(stage.learners, progress.tensors)
            done = _run_stage(stage, index, start, done, bench, output, tracker)
        start = 0
    tracker.close()


def _run_stage(
    stage: Stage, index: int, start: int, done: int, bench: Workbench, output: Path, tracker: Tracker
) -> int:
    """Take a stage from its step ``start`` to its end; returns the steps done in the whole run."""
    config, main = bench.config, bench.accelerator.is_main_process
    bar = tqdm(
        range(start, stage.steps),
        stage.name,
        initial=start,
        total=stage.steps,
        disable=None if main else True,
    )
    with _Interrupt() as interrupt:
        for step in bar:
            torch.manual_seed(hash((config.seed, index, step)))
            scalars = stage.step(step)
            done += 1
            tracker.log(done, stage.name, scalars)
            bar.set_postfix({name: f"{scalars[name]:.3g}" for name in _SHOWN if name in scalars})
            if done % config.sample_every == 0:
                tracker.sample(done, stage.name, _samples(bench))
            last = step + 1 == stage.steps
            if main and (last or interrupt.asked or done % config.checkpoint_every == 0):
                tensors = _state(bench.networks, {} if last else stage.learners)
                place = (index + 1, 0) if last else (index, step + 1)
                checkpoint.write_progress(output, checkpoint.Progress(*place, done=done, tensors=tensors))
            interrupt.raise_if_asked()
    if main:
        plot_curves(output)
    return done


def _samples(bench: Workbench) -> list[tuple[str, str]]:
    """The first documents and what the generator makes of them now, as a user would get it."""
    texts = bench.tokenizer.batch_decode(bench.documents.ids[:_SAMPLES])
    settings = {"max_document_tokens": bench.config.max_document_tokens}
    networks = {"generator": bench.networks["generator"]}
    summaries = TextAutoencoder(bench.tokenizer, networks, settings, bench.accelerator.device).summarize(
        texts
    )
    return list(zip(texts, summaries, strict=True))


class _Interrupt:
    """Holds back the first Ctrl-C until the step is done and its state written; a second one acts at once."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> _Interrupt:
        # Signals reach the main thread only; elsewhere (in a notebook's worker, say) nothing is held back.
        self._before: Any = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def raise_if_asked(self) -> None:
        if self.asked:
            raise KeyboardInterrupt


def _state(networks: Mapping[str, Any], learners: Mapping[str, Learner]) -> dict[str, Tensor]:
    tensors = {}
    for name, network in networks.items():
        # Tied matrices are one tensor: safetensors takes each memory once.
        seen: set[int] = set()
        for key, value in network.state_dict().items():
            if value.data_ptr() not in seen:
                seen.add(value.data_ptr())
                tensors[f"network/{name}/{key}"] = value
    for name, learner in learners.items():
        tensors |= {f"learner/{name}/{key}": value for key, value in learner.state().items()}
    return tensors


def _load_networks(networks: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Put a state's weights in; a network that the state does not know yet starts as it was built."""
    for name, network in networks.items():
        prefix = f"network/{name}/"
        state = {key.removeprefix(prefix): t for key, t in tensors.items() if key.startswith(prefix)}
        if not state:
            continue
        if isinstance(network, PointerGenerator) and network.config.output_ids is not None:
            # Chosen when the run began, and to be kept should the rules for it have changed.
            network.write_only(state["output_ids"])
        try:
            _, unexpected = network.load_state_dict(state, strict=False)
        except RuntimeError as error:
            raise TextaeError(
                f"the {name}'s sizes are not those of the run; resume with its settings"
            ) from error
        if unexpected:
            raise TextaeError(f"the {name} is of another kind than the run's; resume with its settings")


def _load_learners(learners: Mapping[str, Learner], tensors: Mapping[str, Tensor]) -> None:
    for name, learner in learners.items():
        prefix = f"learner/{name}/"
        learner.load_state({k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)})
