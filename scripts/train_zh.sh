#!/usr/bin/env bash
# Train the bundled Chinese model: scripts/train_zh.sh CORPORA/zh [RUN]
exec bash "$(dirname "$0")/train_bundled.sh" zh "$@"
