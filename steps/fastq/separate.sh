# Gives each mate of an interleaved FASTQ a file of its own.
#   bash separate.sh IN FIRST.gz SECOND.gz
set -euo pipefail
mkdir -p tmp
mkfifo tmp/first tmp/second
gzip -1n < tmp/first > "$2" & first=$!
gzip -1n < tmp/second > "$3" & second=$!
# Empty lines at the end are passed over: a name is never empty, so only there one can stand in place of a name.
gzip -cdf "$1" | awk '
  BEGIN { printf "" > "tmp/first"; printf "" > "tmp/second" }
  lines % 4 == 0 && ($0 == "" || $0 == "\r") { next }
  { print > (lines++ % 8 < 4 ? "tmp/first" : "tmp/second") }
  END {
    if (lines % 8 == 0) exit 0
    print "The file holds mates by turns, and ends in the middle of pair " int(lines / 8) + 1 ", after " lines " lines. A pair has eight. Copy the file again." > "/dev/stderr"
    exit 1
  }'
wait "$first"
wait "$second"
