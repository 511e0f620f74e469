#!/usr/bin/env bash
# Train the bundled Chinese model from the gathered news corpora; run it again after an interruption to go on.
#   scripts/train_zh.sh CORPORA/zh [RUN]
set -euo pipefail
corpora=$1
run=${2:-runs/zh}
here=$(dirname "$0")

[ -f "$run.data/human_text.jsonl" ] || python "$here/prepare_zh.py" "$corpora" "$run.data"
resume=$([ -f "$run/config.yaml" ] && echo --resume || true)
textae train --documents "$run.data/documents.jsonl" --human-text "$run.data/human_text.jsonl" \
    --config "$here/zh.yaml" --output "$run" $resume
textae info "$run"
echo "to bundle it: cp -r $run/model textae/models/zh"
