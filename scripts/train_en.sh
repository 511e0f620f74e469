#!/usr/bin/env bash
# Train the bundled English model from the gathered news corpora; run it again after an interruption to go on.
#   scripts/train_en.sh CORPORA/en [RUN]
set -euo pipefail
corpora=$1
run=${2:-runs/en}
here=$(dirname "$0")

[ -f "$run.data/human_text.jsonl" ] || python "$here/prepare_en.py" "$corpora" "$run.data"
resume=$([ -f "$run/config.yaml" ] && echo --resume || true)
textae train --documents "$run.data/documents.jsonl" --human-text "$run.data/human_text.jsonl" \
    --config "$here/en.yaml" --output "$run" $resume
textae info "$run"
echo "to bundle it: cp -r $run/model textae/models/en"
