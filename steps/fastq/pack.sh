# Packs FASTQ files by gzip, whether they are packed already or not.
#   bash pack.sh IN OUT.gz [IN OUT.gz]
set -euo pipefail
while [ $# -gt 0 ]; do
  gzip -cdf "$1" | gzip -1n > "$2"
  shift 2
done
