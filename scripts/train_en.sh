#!/usr/bin/env bash
# Train the bundled English model: scripts/train_en.sh CORPORA/en [RUN]
exec bash "$(dirname "$0")/train_bundled.sh" en "$@"
