#!/usr/bin/env bash
set -euo pipefail

echo "$CI" > built.txt
python -m compileall -q .
