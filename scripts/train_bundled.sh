#!/usr/bin/env bash
# Train a bundled model from the gathered news corpora; run it again after an interruption to go on.
#   scripts/train_bundled.sh en|zh CORPORA [RUN]
set -euo pipefail
language=$1
corpora=$2
run=${3:-runs/$language}
here=$(dirname "$0")

[ -f "$run.data/human_text.jsonl" ] || python "$here/prepare_$language.py" "$corpora" "$run.data"
resume=$([ -f "$run/config.yaml" ] && echo --resume || true)
textae train --documents "$run.data/documents.jsonl" --human-text "$run.data/human_text.jsonl" \
    --config "$here/$language.yaml" --output "$run" $resume
textae info "$run"
echo "to bundle it: cp -r $run/model textae/models/$language"
