#!/bin/sh
# Removes files from node_modules that no program loads: `sh trim-modules.sh node_modules`. Licences stay.
set -eu
cd "$1"
# Tests, pages and examples at the top of a package.
find . -regextype posix-extended -type d \
  -regex '(.*/node_modules|\.)/(@[^/]+/)?[^/@]+/(test|tests|__tests__|docs|examples?|bench|benchmarks?|\.github)' \
  -prune -exec rm -r {} +
# TypeScript sources and types, which Node refuses to run inside node_modules; source maps; changelogs.
find . -regextype posix-extended -type f \
  \( -regex '.*\.[cm]?ts' -o -name '*.map' -o -name '*.tsbuildinfo' -o -iregex '.*/(changelog|changes|history)[^/]*\.md' \) \
  -delete
find . -type d -empty -delete
