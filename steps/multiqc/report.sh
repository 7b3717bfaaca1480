# One MultiQC report of reports: report.sh PAGE TABLE LIST. LIST holds a line with a name and one with a file by turns.
# MultiQC knows reports by name and content and takes the sample's name from the file's, so each file is linked under its sample's name.
set -euo pipefail
page=$1 table=$2 list=$3
mkdir -p tmp/found
while IFS= read -r name && IFS= read -r file; do
  case $name in */*) echo "The name \"$name\" holds a slash. Name reports by sample, with letters, digits, dots, hyphens and underscores." >&2; exit 1 ;; esac
  ln -s "$PWD/$file" "tmp/found/$name"
done <"$list"
# HOME and the variable keep a user's own MultiQC settings out. Times and paths are left out, and the page is the same byte for byte; "no_version_check"
# keeps MultiQC off the network. Later versions look for a sample's name in the command line of fastp, and drop reports without one: they are told
# to take the file's. Names end before ".trireme", so that dots and underscores in a sample's name stay.
unset MULTIQC_CONFIG_PATH
HOME=$PWD/tmp LC_ALL=C.UTF-8 multiqc --quiet --no-ansi --no-megaqc-upload --outdir tmp/made --filename report.html --cl-config '
  { show_analysis_paths: false, show_analysis_time: false, no_version_check: true, fn_clean_exts: [.trireme], fn_clean_trim: [],
    use_filename_as_sample_name: true, fastp: { s_name_filenames: true } }' tmp/found >&2
if [ ! -s tmp/made/report.html ]; then
  echo 'MultiQC found no report that it knows. Give it reports of fastp, samtools stats, samtools flagstat or bcftools stats.' >&2
  exit 1
fi
cp tmp/made/report.html "$page"
cp tmp/made/report_data/multiqc_general_stats.txt "$table"
