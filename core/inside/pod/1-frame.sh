# What a pod does: a job's chains, one after another. Needs bash 4.4 and coreutils, nothing else.
#   bash pod.sh
# Below TRIREME_ROOT, which is /w unless set:
#   run/job, run/chain.sh       what to do, and how (this file lies there, too)
#   from/<mount>/…              inputs: files of an entry with its record.json, sources by digest, results of branches
#   own/<place>/…               entry of the n-th step, if it is there already: its record.json and its files
#   <place>/                    where a step works
#   out/<place>/                its outputs and record.json, put there by one rename when all its chain is well
#   report/                     report (see report.ts), <place>.log, items-<name>: written also when the pod fails
# TRIREME_KEY_<place> is the key of the n-th step, TRIREME_ATTEMPT counts attempts from 0. On which rungs this attempt stands, from 0, and how many
# transient exits there were before: TRIREME_MEMORY_RUNG, and TRIREME_CLIMBED as `time=0 tried=0`. It is told in the container's last words,
# which outlive it, even where it is killed: `now memory=0 time=0 tried=0`, or `next …` for what the next attempt should have.
# Exit status: 0 done or skipped; 75 may be tried again; 76 too slow, and a longer limit follows; 137 killed; 143 asked to stop; 1 all else.
root=${TRIREME_ROOT:-/w}
attempt=${TRIREME_ATTEMPT:-0} memory=${TRIREME_MEMORY_RUNG:-0} time=0 tried=0
[[ ! ${TRIREME_CLIMBED-} =~ ^time=([0-9]+)\ tried=([0-9]+)$ ]] || time=${BASH_REMATCH[1]} tried=${BASH_REMATCH[2]}
export TRIREME_TIME_RUNG=$time
LC_ALL=C
last_words() { # now | next
  local file=${TRIREME_LAST_WORDS:-/dev/termination-log}
  [[ ! -w $file ]] || printf '%s memory=%s time=%s tried=%s ' "$1" "$memory" "$time" "$tried" >"$file"
}
last_words now
export TZ=UTC
shopt -s nullglob dotglob
run=$root/run report=$root/report/report
mkdir -p "$root/report" "$root/out" "$root/stage" || exit 75 # the volume is lost
printf 'pod format=1 attempt=%s memory=%s time=%s\n' "$attempt" "$memory" "$time" >"$report"

child=
held() { # a command that SIGTERM may interrupt
  "$@" &
  child=$!
  wait "$child"
  local status=$?
  child=
  return $status
}
finish() { printf 'end status=%s\n' "$1" >>"$report"; exit "$1"; }
told_to_stop() {
  local IFS=$' \t\n' # a trap runs in the middle of things, such as a read without it
  trap '' TERM INT HUP
  [[ -z $child ]] || { kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null; }
  finish 143
}
trap told_to_stop TERM INT HUP

json() { # text → JSON string in `json`, as JSON.stringify has it; false where it is no UTF-8
  local LC_ALL=C text=$1 c n
  text=${text//\\/\\\\} text=${text//\"/\\\"}
  if [[ $text == *[$'\x01'-$'\x1f']* ]]; then
    text=${text//$'\b'/\\b} text=${text//$'\f'/\\f} text=${text//$'\n'/\\n} text=${text//$'\r'/\\r} text=${text//$'\t'/\\t}
    for n in 01 02 03 04 05 06 07 0b 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f; do
      printf -v c %b "\\x$n"
      text=${text//"$c"/\\u00$n}
    done
  fi
  json="\"$text\""
  [[ $text != *[$'\x80'-$'\xff']* ]] || utf8 "$text"
}
utf8() {
  local a=$'[\x80-\xbf]'
  [[ $1 =~ ^([$'\x01'-$'\x7f']|[$'\xc2'-$'\xdf']$a|$'\xe0'[$'\xa0'-$'\xbf']$a|[$'\xe1'-$'\xec\xee\xef']$a$a|$'\xed'[$'\x80'-$'\x9f']$a|$'\xf0'[$'\x90'-$'\xbf']$a$a|[$'\xf1'-$'\xf3']$a$a$a|$'\xf4'[$'\x80'-$'\x8f']$a$a)*$ ]]
}
fault() { # place words [status]: says what is wrong, and ends the pod
  json "$2" || json='"(words that are no text)"'
  printf 'fault %s %s\n' "$1" "$json" >>"$report"
  printf 'trireme: %s\n' "${2//[[:cntrl:]]/?}" >&2
  finish "${3:-1}"
}
