#!/usr/bin/env bash
# What each part of the training is worth, all from the same weights and with as many generator steps.
#   scripts/ablation.sh DATA DEV RUNS [STEPS]
# DATA has documents.jsonl and human_text.jsonl (scripts/prepare_en.py), DEV the development files to report
# on, of which the first 500 rows are used. Run it again after an interruption to go on; a line is printed a run.
set -euo pipefail
data=$1
dev=$2
runs=$3
steps=${4:-60}
documents=12000
sentences=40000

mkdir -p "$runs"
[ -f "$runs/documents.jsonl" ] ||
    shuf -n $documents --random-source=<(yes) "$data/documents.jsonl" >"$runs/documents.jsonl"
[ -f "$runs/human_text.jsonl" ] ||
    shuf -n $sentences --random-source=<(yes) "$data/human_text.jsonl" >"$runs/human_text.jsonl"
for file in "$dev"/gigaword.jsonl "$dev"/reuters.jsonl; do
    [ -f "$runs/$(basename "$file")" ] || head -n 500 "$file" >"$runs/$(basename "$file")"
done

off=(salience.steps=0 language_model.steps=0 reconstructor_warm_start.steps=0 generator_warm_start.steps=0
    self_training.steps=0 adversarial.steps=0)

run() {
    local name=$1
    shift
    local settings=()
    for setting in "${off[@]}" "$@"; do settings+=(--set "$setting"); done
    if [ ! -d "$runs/$name/model" ]; then
        local resume
        resume=$([ -f "$runs/$name/config.yaml" ] && echo --resume || true)
        textae train --documents "$runs/documents.jsonl" --human-text "$runs/human_text.jsonl" --init en \
            --output "$runs/$name" "${settings[@]}" --set sample_every=100000 $resume >"$runs/$name.log" 2>&1
    fi
    for file in gigaword reuters; do
        [ -f "$runs/$name.$file.json" ] ||
            textae evaluate "$runs/$file.jsonl" --model "$runs/$name/model" --length 10 --json >"$runs/$name.$file.json"
    done
    python - "$name" "$runs/$name.gigaword.json" "$runs/$name.reuters.json" <<'EOF'
import json
import sys

name, *files = sys.argv[1:]
cells = []
for file in files:
    rouge = json.load(open(file))["systems"][0]["rouge"]
    cells.append(" / ".join(f"{100 * rouge[m]['value']:.1f}" for m in ("rouge1", "rouge2", "rougeL")))
print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
EOF
}

warm=(generator_warm_start.steps="$steps" generator_warm_start.learning_rate=2e-4
    generator_warm_start.back_translated=0)
game=(adversarial.steps="$steps" adversarial.critic_warmup=15)
run "no more steps"
run compressions "${warm[@]}" generator_warm_start.human_share=0
run "second cycle" "${warm[@]}" generator_warm_start.human_share=0.35
run "reinforce critic" "${game[@]}"
run "wgan-gp" "${game[@]}" adversarial.critic=wgan-gp
run "without similarity" "${game[@]}" adversarial.similarity_weight=0
run "without reconstruction" "${game[@]}" adversarial.reconstruction_weight=0
run "without critic" "${game[@]}" adversarial.critic=none
run "reinforce critic, seed 1" "${game[@]}" seed=1
run "self-training" self_training.steps="$steps" self_training.learning_rate=1e-4
