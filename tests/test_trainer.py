from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import toy
from safetensors.torch import load_file

import textae
from textae import checkpoint, setup_run, trainer
from textae.checkpoint import read_progress
from textae.errors import CheckpointError, TextaeError, UsageError

DOCUMENTS, HUMAN_TEXT = toy.documents(40), toy.human_text(60)
TESTS = Path(__file__).parent

WARM = {
    "reconstructor_warm_start": {"steps": 4, "batch_size": 8},
    "generator_warm_start": {"steps": 6, "batch_size": 4, "human_share": 0.5},
}
EVERYTHING = {
    "salience": {"steps": 2, "batch_size": 8},
    "language_model": {"steps": 2, "batch_size": 8},
    "reconstructor_warm_start": {"steps": 2, "batch_size": 8},
    "generator_warm_start": {"steps": 2, "batch_size": 4},
    "self_training": {"steps": 2, "batch_size": 4, "candidates": 2},
    "adversarial": {"steps": 3, "batch_size": 4, "critic_warmup": 1, "critic_steps": 1},
}


class StoppedError(Exception):
    pass


def train(output, *, resume=False, **changes):
    trainer.train(toy.config(**changes), DOCUMENTS, HUMAN_TEXT, output, resume=resume)
    return output


def train_until(output, written, monkeypatch, **changes):
    """Train until so many states are written, and break off there as hard as an exception can."""
    write = checkpoint.write_progress
    count = 0

    def write_and_stop(run, progress):
        nonlocal count
        write(run, progress)
        count += 1
        if count == written:
            raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "write_progress", write_and_stop)
        with pytest.raises(StoppedError):
            train(output, **changes)
    return output


def weights(run):
    """All weights and moments of a run's last state, by name."""
    return read_progress(run).tensors


def assert_same(one, other):
    assert weights(one).keys() == weights(other).keys()
    assert [
        name for name, value in weights(one).items() if not torch.equal(value, weights(other)[name])
    ] == []


def metrics(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """An uninterrupted run of both warm starts, ten steps in all."""
    return train(tmp_path_factory.mktemp("runs") / "warm", **WARM, checkpoint_every=5)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """An uninterrupted run of every stage."""
    return train(tmp_path_factory.mktemp("runs") / "everything", **EVERYTHING)


def test_a_run_leaves_a_model_that_summarizes(warm):
    model = textae.load(warm, device="cpu")
    summaries = model.summarize(DOCUMENTS[:4], length=6)
    assert all(summaries)
    assert model.info()["scripts"] == ["latin"]
    assert json.loads((warm / "model" / "config.json").read_text())["train_config"]["vocab_size"] == 560
    for name in ("generator", "reconstructor"):
        trained = load_file(warm / "model" / name / "model.safetensors")
        assert all(
            torch.equal(v, weights(warm)[f"network/{name}/{k}"].half())
            for k, v in trained.items()
            if v.is_floating_point()
        )


def test_every_step_is_in_the_metrics(warm):
    assert [row["step"] for row in metrics(warm)] == list(range(1, 11))
    assert [row["stage"] for row in metrics(warm)] == ["reconstructor_warm_start"] * 4 + [
        "generator_warm_start"
    ] * 6


def test_each_stage_changes_its_own_network_and_no_other(tmp_path, monkeypatch):
    kept = {}
    write = checkpoint.write_progress

    def keep(run, progress):
        kept[progress.done] = {k: v.clone() for k, v in progress.tensors.items() if k.startswith("network/")}
        write(run, progress)

    monkeypatch.setattr(checkpoint, "write_progress", keep)
    train(tmp_path / "run", **WARM, language_model={"steps": 1, "batch_size": 8}, checkpoint_every=1)

    def changed(one, other):
        names = [k for k in kept[one] if not torch.equal(kept[one][k], kept[other][k])]
        return {name.split("/")[1] for name in names}

    stages = {row["stage"]: row["step"] for row in metrics(tmp_path / "run")}
    ends = sorted(stages.items(), key=lambda item: item[1])
    begin = 1
    for stage, end in ends:
        if end > begin:
            assert changed(begin, end) == {stage.removesuffix("_warm_start")}
        begin = end
    every = [k for k, v in kept[ends[-1][1]].items() if v.is_floating_point() and torch.equal(v, kept[1][k])]
    # Positions are no parameters; the first step had changed the first network already.
    assert not [k for k in every if k.startswith("network/generator/") and "embed_positions" not in k]


@pytest.mark.parametrize("states", [1, 2, 3])
def test_ten_steps_equal_some_and_the_rest_after_resuming(warm, tmp_path, monkeypatch, states):
    # The states come after steps 4 (the end of a stage), 5 and 10.
    run = train_until(tmp_path / "run", states, monkeypatch, **WARM, checkpoint_every=5)
    assert read_progress(run).done == (4, 5, 10)[states - 1]
    assert not (run / "model").exists()
    train(run, resume=True, **WARM, checkpoint_every=5)
    assert_same(run, warm)
    assert metrics(run) == metrics(warm)


@pytest.mark.parametrize("critic", ["reinforce", "wgan-gp"])
def test_all_stages_resume_exactly(tmp_path, monkeypatch, critic):
    settings = {
        **EVERYTHING,
        "adversarial": {**EVERYTHING["adversarial"], "critic": critic},
        "checkpoint_every": 1,
    }
    straight = train(tmp_path / "straight", **settings)
    run = tmp_path / "run"
    train_until(run, 1, monkeypatch, **settings)
    while read_progress(run).done < 11:
        try:
            with monkeypatch.context():
                train_until(run, 3, monkeypatch, **settings, resume=True)
        except pytest.fail.Exception:
            break  # It came to its end before three more states.
    train(run, resume=True, **settings)
    assert_same(run, straight)
    assert metrics(run) == metrics(straight)


def test_resuming_a_finished_run_changes_nothing(everything, tmp_path):
    before = {path: path.read_bytes() for path in everything.rglob("*.safetensors")}
    train(everything, resume=True, **EVERYTHING)
    assert {path: path.read_bytes() for path in everything.rglob("*.safetensors")} == before


def test_dropout_is_resumed_exactly_too(tmp_path, monkeypatch):
    sizes = {
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "ffn_dim": 32,
        "heads": 2,
        "dropout": 0.3,
    }
    settings = {**WARM, "generator": sizes, "reconstructor": sizes, "checkpoint_every": 3}
    straight = train(tmp_path / "straight", **settings)
    run = train_until(tmp_path / "run", 1, monkeypatch, **settings)
    train(run, resume=True, **settings)
    assert_same(run, straight)


def test_another_seed_is_another_run(warm, tmp_path):
    run = train(tmp_path / "run", **WARM, seed=1)
    assert not torch.equal(
        *(weights(folder)["network/generator/model.shared.weight"] for folder in (run, warm))
    )


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import toy
from textae import trainer
settings = toy.config(**{settings!r})
trainer.train(settings, toy.documents(40), toy.human_text(60), Path(sys.argv[1]), resume={resume})
"""


def start(output, environment=None, resume=False, **settings):
    """The same training in a process of its own."""
    program = PROGRAM.format(tests=str(TESTS), settings=settings, resume=resume)
    return subprocess.Popen(
        [sys.executable, "-c", program, str(output)],
        cwd=TESTS.parent,
        # The order of a sum depends on the number of threads: the same as here.
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads()), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_step(process, run, step):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if (run / "metrics.jsonl").exists() and len((run / "metrics.jsonl").read_text().splitlines()) >= step:
            return
        time.sleep(0.005)
    pytest.fail(f"never came to step {step}: {process.communicate()[1]}")


LONG = {
    "reconstructor_warm_start": {"steps": 60, "batch_size": 8},
    "generator_warm_start": {"steps": 60, "batch_size": 4, "human_share": 0.5},
    "checkpoint_every": 7,
}


def test_a_run_killed_three_times_at_random_ends_as_if_it_had_not_been(tmp_path):
    run = tmp_path / "run"
    moments = sorted(random.Random(0).sample(range(10, 105), 3))
    for step in moments:
        process = start(run, resume=step != moments[0], **LONG)
        wait_for_step(process, run, step)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert step - 7 <= read_progress(run).done < 120
    train(run, resume=True, **LONG)
    straight = train(tmp_path / "straight", **LONG)
    assert_same(run, straight)
    assert metrics(run) == metrics(straight)


def test_an_interrupt_waits_for_the_step_and_leaves_its_state(warm, tmp_path, monkeypatch):
    def step_interrupted_in_its_middle(self, step):
        if step == 2:
            signal.raise_signal(signal.SIGINT)
        return take_step(self, step)

    take_step = trainer.GeneratorWarmStart.step
    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patched:
        patched.setattr(trainer.GeneratorWarmStart, "step", step_interrupted_in_its_middle)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "run", **WARM)
    assert signal.getsignal(signal.SIGINT) is handler
    # The step was finished, and nothing that was done is lost.
    assert read_progress(tmp_path / "run").done == len(metrics(tmp_path / "run")) == 7
    train(tmp_path / "run", resume=True, **WARM)
    assert_same(tmp_path / "run", warm)


def test_a_second_interrupt_acts_at_once(tmp_path, monkeypatch):
    def step_interrupted_twice(self, step):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("went on")

    monkeypatch.setattr(trainer.ReconstructorWarmStart, "step", step_interrupted_twice)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", **WARM)


def test_two_processes_follow_the_trajectory_of_one(tmp_path):
    settings = {
        "reconstructor_warm_start": {"steps": 6, "batch_size": 8},
        "generator_warm_start": {"steps": 6, "batch_size": 8, "human_share": 0.5},
    }
    one = train(tmp_path / "one", **settings)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    processes = []
    for rank in ("0", "1"):
        world = {
            "RANK": rank,
            "LOCAL_RANK": rank,
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        processes.append(start(tmp_path / "two", world, **settings))
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    two = tmp_path / "two"
    assert (two / "model" / "config.json").exists()
    for name, value in weights(one).items():
        torch.testing.assert_close(
            weights(two)[name], value, atol=1e-5, rtol=1e-5, msg=lambda m, n=name: f"{n}: {m}"
        )
    for alone, together in zip(metrics(one), metrics(two), strict=True):
        losses = [key for key in alone if key.endswith("norm")]
        assert losses
        for key in losses:
            assert together[key] == pytest.approx(alone[key], abs=1e-3)


def test_a_folder_with_a_run_in_it_is_not_overwritten(warm):
    with pytest.raises(UsageError, match="holds a run already; go on with --resume"):
        train(warm, **WARM)


def test_a_folder_with_something_else_in_it_is_not_overwritten(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    for resume in (False, True):
        with pytest.raises(UsageError, match="not a run of textae"):
            train(tmp_path, resume=resume, **WARM)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("empty", [[], ["", " \n"]])
def test_without_text_there_is_no_run(tmp_path, empty):
    for documents, human_text, name in ((empty, HUMAN_TEXT, "documents"), (DOCUMENTS, empty, "human text")):
        with pytest.raises(UsageError, match=f"no {name} to learn from"):
            trainer.train(toy.config(**WARM), documents, human_text, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_device_that_is_missing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="device is cuda"):
        train(tmp_path / "run", **WARM, device="cuda")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("content", [b"", b"corpora: [", b"- 1", b"\xff\xfe"])
def test_a_damaged_run_is_a_checkpoint_error(tmp_path, content):
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config\.yaml"):
        train(tmp_path, resume=True, **WARM)


def test_there_must_be_a_run_to_resume(tmp_path):
    with pytest.raises(UsageError, match="no run to resume"):
        train(tmp_path / "run", resume=True, **WARM)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("documents", "human_text"), [(DOCUMENTS[1:], HUMAN_TEXT), (DOCUMENTS, HUMAN_TEXT[::-1])]
)
def test_a_run_is_resumed_with_its_own_corpora_only(warm, documents, human_text):
    with pytest.raises(UsageError, match="begun with other documents"):
        trainer.train(toy.config(**WARM), documents, human_text, warm, resume=True)


def test_networks_of_other_sizes_are_not_resumed(warm, tmp_path, monkeypatch):
    run = train_until(tmp_path / "run", 1, monkeypatch, **WARM)
    sizes = {
        "d_model": 8,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "ffn_dim": 32,
        "heads": 2,
        "dropout": 0.0,
    }
    with pytest.raises(TextaeError, match="sizes are not those of the run"):
        train(run, resume=True, **WARM, generator=sizes)


def test_a_run_keeps_what_its_generator_may_write(warm, tmp_path, monkeypatch):
    run = train_until(tmp_path / "run", 1, monkeypatch, **WARM)
    begun = weights(run)["network/generator/output_ids"]
    monkeypatch.setattr(setup_run, "writable_tokens", lambda *_: begun[:3].tolist())
    train(run, resume=True, **WARM)
    assert_same(run, warm)
    config = json.loads((run / "model" / "generator" / "config.json").read_text())
    assert config["output_ids"] == begun.tolist()


def test_a_run_can_start_from_a_checkpoint(warm, tmp_path):
    run = tmp_path / "run"
    settings = toy.config(generator_warm_start={"steps": 1, "batch_size": 4})
    trainer.train(settings, DOCUMENTS, HUMAN_TEXT, run, init=str(warm))
    begun, before = weights(run), load_file(warm / "model" / "reconstructor" / "model.safetensors")
    key = "model.encoder.layers.0.fc1.weight"
    assert torch.equal(begun[f"network/reconstructor/{key}"], before[key].float())
    assert begun["network/generator/output_ids"].equal(weights(warm)["network/generator/output_ids"])


def test_a_run_may_leave_a_model_that_searches(tmp_path):
    run = train(tmp_path / "run", salience={"steps": 2, "batch_size": 8}, writer="search")
    model = textae.load(run)
    assert model.search is not None
    assert model.search.salience is not None
    assert model.search.parser is None
    texts = DOCUMENTS[:6]
    for text, summary in zip(texts, model.summarize(texts, length=6), strict=True):
        assert 1 <= len(summary.split()) <= 6
        assert summary.lower().split()[0] in text.lower()


def test_a_run_takes_the_parser_of_a_model(tmp_path):
    run = train(tmp_path / "run", writer="search", parser="en")
    assert textae.load(run).search.parser is not None
    with pytest.raises(UsageError, match="reads Chinese"):
        train(tmp_path / "other", writer="search", parser="zh")


def test_a_parser_that_is_nowhere_is_an_error_before_anything_is_learned(tmp_path):
    with pytest.raises(CheckpointError, match="no such model"):
        train(tmp_path / "run", parser=str(tmp_path / "nowhere"))
    assert not (tmp_path / "run").exists()
