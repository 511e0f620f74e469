from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from textae.config import TrainConfig, config_from_dict, load_config
from textae.errors import UsageError

ROOT = Path(__file__).parents[1]


def loaded(tmp_path, text, *overrides):
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, overrides)


def refused(match, *overrides):
    with pytest.raises(UsageError, match=match) as raised:
        load_config(None, overrides)
    assert "\n" not in str(raised.value)


def test_without_file_and_overrides_it_has_its_defaults():
    assert load_config(None, []) == TrainConfig()
    assert TrainConfig().adversarial.critic == "reinforce"


def test_a_file_changes_what_it_names_and_overrides_come_last(tmp_path):
    config = loaded(
        tmp_path,
        "vocab_size: 4000\ngenerator: {d_model: 64, heads: 2}\nlanguage_model:\n  steps: 5\n",
        "generator.d_model=32",
        "adversarial.critic=wgan-gp",
        "language_model.steps = 7",
    )
    assert (config.vocab_size, config.generator.d_model, config.generator.heads) == (4000, 32, 2)
    assert config.adversarial.critic == "wgan-gp"
    assert config.language_model.steps == 7
    # Neighbours keep the defaults of their own place, not of their class.
    assert config.generator.ffn_dim == TrainConfig().generator.ffn_dim
    assert config.language_model.learning_rate == TrainConfig().language_model.learning_rate == 2e-3
    assert config.reconstructor == TrainConfig().reconstructor


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}"])
def test_an_empty_file_changes_nothing(tmp_path, text):
    assert loaded(tmp_path, text) == TrainConfig()


def test_what_a_run_writes_down_reads_as_the_same(tmp_path):
    config = load_config(None, ["seed=3", "precision=no", "self_training.human_share=0.25"])
    assert loaded(tmp_path, yaml.safe_dump(config.to_dict())) == config
    assert config_from_dict(config.to_dict()) == config


@pytest.mark.parametrize("file", ["data/tiny.yaml", "scripts/en.yaml"])
def test_the_settings_that_come_along_are_valid(file):
    assert load_config(ROOT / file, []) != TrainConfig()


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("language_model.learning_rate=1e-3", 0.001),  # YAML 1.1 reads it as a text.
        ("language_model.learning_rate=1.5e-3", 0.0015),
        ("language_model.learning_rate=1", 1.0),
        ("self_training.human_share=0", 0.0),
        ("precision=no", "no"),  # YAML reads it as false.
        ("precision=bf16", "bf16"),
        ("adversarial.critic=none", "none"),
    ],
)
def test_values_are_read_as_they_are_meant(override, value):
    found = load_config(None, [override])
    for key in override.split("=")[0].split("."):
        found = getattr(found, key)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sede=3", "unknown setting sede; known here: seed,"),
        ("generator.d_modle=3", "unknown setting generator.d_modle; known here: d_model,"),
        ("generator..d_model=3", "unknown setting generator."),
        ("=3", "unknown setting"),
        ("seed", "--set seed: expected key=value"),
        ("seed=", "seed must be a whole number"),
        ("seed=1.5", "seed must be a whole number, not 1.5"),
        ("seed=true", "seed must be a whole number, not True"),
        ("seed=one", "seed must be a whole number, not 'one'"),
        ("seed=[1]", "seed must be a whole number"),
        ("generator=3", "generator is a group of settings (generator.KEY=VALUE)"),
        ("generator.d_model.x=3", "generator.d_model must be a whole number"),
        ("language_model.learning_rate=fast", "language_model.learning_rate must be a number, not 'fast'"),
        ("language_model.learning_rate=true", "language_model.learning_rate must be a number"),
        ("language_model.learning_rate=0", "language_model.learning_rate must be above 0"),
        ("language_model.steps=-1", "language_model.steps must be 0 or more, not -1"),
        ("adversarial.batch_size=0", "adversarial.batch_size must be 1 or more"),
        ("adversarial.critic=gan", "adversarial.critic must be one of reinforce, wgan-gp, none, not gan"),
        ("adversarial.critic=", "adversarial.critic must be one of"),
        ("adversarial.discount=1.5", "adversarial.discount must be between 0 and 1"),
        ("adversarial.critic_steps=0", "adversarial.critic_steps must be 1 or more"),
        ("self_training.human_share=-0.1", "self_training.human_share must be between 0 and 1"),
        ("self_training.candidates=0", "self_training.candidates must be 1 or more"),
        ("generator_warm_start.human_share=2", "generator_warm_start.human_share must be between"),
        ("generator.d_model=30", "generator.d_model 30 must be a multiple of heads 4"),
        ("generator.dropout=1.0", "generator.dropout must be 0 or more and below 1"),
        ("generator.heads=0", "generator.heads must be 1 or more"),
        ("generator.d_model=-4", "generator.d_model must be 1 or more"),
        ("reconstructor.encoder_layers=0", "reconstructor.encoder_layers must be 1 or more"),
        ("seed=-1", "seed must be 0 or more"),
        ("max_document_tokens=0", "max_document_tokens must be between 8 and 250"),
        ("max_document_tokens=5000", "max_document_tokens must be between 8 and 250"),
        ("language_model.learning_rate=.nan", "language_model.learning_rate must be a number"),
        ("language_model.learning_rate=.inf", "language_model.learning_rate must be a number"),
        ("adversarial.critic_weight=.nan", "adversarial.critic_weight must be a number"),
        ("adversarial.critic_warmup=-5", "adversarial.critic_warmup must be 0 or more"),
        ("adversarial.critic_learning_rate=0", "adversarial.critic_learning_rate must be above 0"),
        ("generator_warm_start.temperature=-1", "generator_warm_start.temperature must be 0 or more"),
        ("seed=[", "--set seed=[: not a value in YAML"),
        ("precision=fp8", "precision must be one of auto, bf16, no, not fp8"),
        ("device=tpu", "device must be one of auto, cpu, cuda"),
        ("checkpoint_every=0", "checkpoint_every must be 1 or more"),
        ("sample_every=0", "sample_every must be 1 or more"),
        ("vocab_size=100", "vocab_size must be 400 or more"),
    ],
)
def test_what_cannot_be_right_is_named(override, message):
    refused(re.escape(message), override)


def test_an_override_cannot_go_through_a_value(tmp_path):
    with pytest.raises(UsageError, match=r"--set seed\.x=1: seed has no keys of its own"):
        loaded(tmp_path, "seed: 3", "seed.x=1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("generator: [", "not a readable YAML file"),
        ("a: b: c", "not a readable YAML file"),
        ("- 1\n- 2", "expected keys and values, found list"),
        ("hello", "expected keys and values, found str"),
        ("3: 4", "unknown setting 3"),
        ("generator: 3", "generator is a group of settings"),
        ("!!python/object/apply:os.getcwd []", "not a readable YAML file"),
    ],
)
def test_a_broken_file_is_one_line_with_its_name(tmp_path, text, message):
    with pytest.raises(UsageError, match=re.escape(message)) as raised:
        loaded(tmp_path, text)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"missing\.yaml: no such configuration file"):
        load_config(tmp_path / "missing.yaml", [])
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"bytes\.yaml: not a readable YAML file"):
        load_config(tmp_path / "bytes.yaml", [])
    with pytest.raises(UsageError, match="not a readable YAML file"):
        load_config(tmp_path, [])


def test_reading_settings_does_not_import_torch():
    program = "import sys, textae.config as c; c.load_config(None, []); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"
