# Of a lane of which nothing is left, fastp writes files of no byte. Makes each of them a gzip file that holds nothing.
#   bash fill.sh FILE.gz …
set -euo pipefail
for file in "$@"; do
  if [ ! -s "$file" ]; then gzip -n < /dev/null > "$file"; fi
done
