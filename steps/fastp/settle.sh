# What fastp leaves is made the same in every run, and whole: settle.sh REPORT.json PAGE.html [FILE.gz]...
set -euo pipefail
report=$1 page=$2
shift 2
# Both reports end with the command line, the page with dates too.
sed -i 's/^\t"command": .*/\t"command": "fastp"/' "$report"
sed -i -E 's/ at [0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{2}:[0-9]{2}:[0-9]{2} ?//g; s,<p>fastp .* </p>,<p>fastp</p>,' "$page"
# Of a lane of which nothing is left, fastp writes files of no byte. Each becomes a gzip file that holds nothing.
for file in "$@"; do
  if [ ! -s "$file" ]; then gzip -n < /dev/null > "$file"; fi
done
