# --- One chain after another.
declare -A m # what the report says of a member
figures() { # place
  local place word words
  m=()
  while read -r word place words; do
    [[ $word == member && $place == "$1" ]] || continue
    for word in $words; do m[${word%%=*}]=${word#*=}; done
  done <"$report"
}
# Why a member failed, as core/run/failure.ts has it: `cause`, empty where nothing did; `unread` where only its reader was gone.
judge() { # place
  local log=$root/report/$1.log status line stages=() tail=()
  figures "$1"
  cause='' unread=
  status=${m[status]--1}
  [[ $status == 0 && ${m[stopped]} == - ]] && return
  if [[ ${m[stages]--} != - ]]; then # the stage that failed first otherwise than by SIGPIPE, else the first that failed
    stages=(${m[stages]//[,\/]/ })
    status=
    for line in "${stages[@]}"; do [[ $line == 0 || $line == 141 ]] || { status=$line; break; }; done
    for line in "${stages[@]}"; do [[ -n $status || $line == 0 ]] || status=$line; done
    : "${status:=${m[status]}}"
  fi
  [[ ! -f $log || -L $log ]] || mapfile -t tail < <(tail -c 65536 "$log" | tail -n 12)
  [[ ${m[stopped]} != group && ${m[signal]} != 13 && $status != 141 && ${tail[*],,} != *'broken pipe'* ]] || unread=1
  case ${m[stopped]} in
    cancelled) cause=cancelled ;;
    time) cause=time ;;
    *)
      if [[ ${m[signal]} == 9 || $status == 137 ]]; then
        cause=killed
        ((!${m[oom]})) || cause=memory
      elif [[ ${transient[$1]} == *" $status "* ]]; then cause=transient
      else cause=other; fi
      ;;
  esac
}
outcome() { # place; `exit_status` is the exit status of the pod after a failure, and its last words say what the next attempt should have
  local all=(${limits[$1]})
  exit_status=1
  case $cause in
    killed) exit_status=137 ;;
    memory) exit_status=137 && ((++memory)) ;;
    cancelled) exit_status=143 ;;
    transient) ((tried >= tries[$1])) || { exit_status=75 && ((++tried)); } ;;
    time) ((time + 1 >= ${#all[@]})) || { exit_status=76 && ((++time)); } ;;
  esac
  [[ $cause != memory && $exit_status != 7[56] ]] || last_words next
}
run_chain() {
  local p failed='' first='' exit_status
  export TRIREME_COPY=$1 TRIREME_PROGRESS=1
  held bash "$run/chain.sh" "$run/job" "$now" "$root" "$report" </dev/null || fault "${members[0]}" 'The chain could not be run.' 75
  for p in "${members[@]}"; do
    judge "$p"
    [[ -n $cause ]] || continue
    [[ -z $unread || ${may_stop[$p]-} != stops-early || ${m[stopped]} != - ]] || continue
    : "${first:=$p}"
    [[ -n $unread ]] || : "${failed:=$p}"
  done
  failed=${failed:-$first}
  [[ -n $failed ]] || return 0
  judge "$failed"
  outcome "$failed"
  for p in "${members[@]}"; do
    if [[ $p == "$failed" ]]; then printf 'step %s state=failed cause=%s\n' "$p" "$cause"; else printf 'step %s state=dropped\n' "$p"; fi
  done >>"$report"
  finish "$exit_status"
}
# A link is a pipe and leaves no file to check. Where nothing seems to have passed through it, the chain runs once more with a copy of the link,
# and an empty copy is refused like any empty output (decision 0015).
silent_links() { # in `silent`, the places of their writers
  local p n pipes=() writers=() times=()
  silent=
  for p in "${members[@]}"; do [[ -z ${uncopied[p]-} ]] || { pipes+=("$root/$p/${uncopied[p]}") writers+=("$p"); }; done
  ((${#pipes[@]})) || return 0
  stat -c '%X %Y' -- "${pipes[@]}" >"$root/stage/times" && mapfile -t times <"$root/stage/times"
  for ((n = 0; n < ${#pipes[@]}; n++)); do [[ ${times[n]-} != '1 1' ]] || silent+=" ${writers[n]}"; done
}
run_again_with_copies() {
  local p file
  for p in "${members[@]}"; do
    rm -rf "${root:?}/$p/"{out,tmp,link}
    fresh_log "$p"
  done
  mkdir -p "${rooms[@]}"
  run_chain "$silent"
  for p in $silent; do
    [[ ! -s $root/$p/link/copy ]] || continue
    file=${uncopied[p]##*/}
    fault "$p" "Step ${step[p]} ended well, but its output \"${file%%.*}\" is empty: $file. An empty file is no result."
  done
}
read_job list
own_is_whole() { # place: the record is this entry's, and each of its files is as it says. An upload that failed leaves one without the other.
  local folder=$root/own/$1 key=TRIREME_KEY_$1 first name n=0 files=()
  [[ -f $folder/record.json ]] && is_whole "$folder/record.json" && load "$folder" || return 1
  IFS= read -r first <"$folder/record.json"
  [[ $first == *"\"key\":\"${!key}\","* ]] || return 1
  for name in "${!sha[@]}"; do
    [[ $name == "$folder/"* ]] || continue
    [[ -f $name ]] || return 1
    files+=("$name")
  done
  digests "${files[@]}" || return 1
  for name in "${files[@]}"; do [[ ${digests[n++]} == "${sha[$name]}" ]] || return 1; done
}
all_there() { # a pod that runs again after its entries were published has nothing to do; a step without a key only feeds a pipe
  local p key found=
  for p in "${places[@]}"; do
    key=TRIREME_KEY_$p
    [[ -n ${!key-} ]] || continue
    own_is_whole "$p" || return 1
    found=1
  done
  [[ -n $found ]]
}
if [[ -d $root/own ]]; then
  if all_there; then
    for p in "${places[@]}"; do printf 'step %s state=there\n' "$p"; done >>"$report"
    finish 0
  fi
  rm -rf "${root:?}/own" # room for what is made in its place
fi
look_at_host
chains=$chain
for ((now = 1; now <= chains; now++)); do
  members=()
  for p in "${places[@]}"; do [[ ${chain_of[p]} != "$now" ]] || members+=("$p"); done
  if ! stage; then
    json "$skip" || json='""'
    for p in "${members[@]}"; do printf 'step %s state=skipped reason=%s\n' "$p" "$json"; done >>"$report"
    continue
  fi
  run_chain ''
  silent_links
  [[ -z $silent ]] || run_again_with_copies
  end_strays
  for p in "${members[@]}"; do collect_outputs "$p"; done
  publish "${members[@]}"
  for p in "${members[@]}"; do printf 'step %s state=made\n' "$p"; done >>"$report"
done
tell_all_items
finish 0
