#!/bin/sh
# Takes out of a node_modules folder what no program loads: `sh trim-modules.sh node_modules`. Licences stay.
set -eu
cd "$1"
# Tests, pages and examples at the top of a package.
find . -regextype posix-extended -type d \
  -regex '(.*/node_modules|\.)/(@[^/]+/)?[^/@]+/(test|tests|__tests__|docs|examples?|bench|benchmarks?|\.github)' \
  -prune -exec rm -r {} +
# Sources and types in TypeScript: Node refuses to run them inside node_modules. Source maps, and lists of changes.
find . -regextype posix-extended -type f \
  \( -regex '.*\.[cm]?ts' -o -name '*.map' -o -name '*.tsbuildinfo' -o -iregex '.*/(changelog|changes|history)[^/]*\.md' \) \
  -delete
find . -type d -empty -delete
