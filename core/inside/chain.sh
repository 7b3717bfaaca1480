# Runs one chain of a job: its members at the same time, joined by named pipes. Needs bash 4.4 and coreutils, nothing else.
#   bash chain.sh JOB CHAIN ROOT REPORT
# JOB: file of declarations, see job.ts. CHAIN: which of its chains, counted from 1. ROOT: members work in ROOT/<place>, where in/, out/
# and tmp/ are ready; stderr goes to the file `log` there. REPORT: a line for each member is appended, see report.ts. TRIREME_MEMORY_RUNG
# and TRIREME_TIME_RUNG say which of a member's words and time limits hold, from 0; TRIREME_UMASK is that of the programs. With TRIREME_LEASH=1 the end of stdin, or SIGTERM, ends everything.
# With TRIREME_PROGRESS=1, progress lines of programs go to stdout as "::progress PLACE NUMBER JSON", for clients that read the log of the pod;
# the last of them go to the report, too.
# The exit status is 0 also where members fail: the report says so.
# Programs may put pipes or links in the place of all that they can reach: whatever is needed again is opened before the first of them starts.
job_file=$1 wanted=$2 root=$3 report=$4
memory_rung=${TRIREME_MEMORY_RUNG:-0} time_rung=${TRIREME_TIME_RUNG:-0}
[[ -z ${TRIREME_UMASK-} ]] || umask "$TRIREME_UMASK"
export TZ=UTC
LC_ALL=C # lengths and order by bytes; the programs get C.UTF-8
shopt -s nullglob dotglob
trouble() { printf 'chain.sh: %s\n' "$1" >&2; exit 1; }

# --- Declarations of the job file. m counts members of the wanted chain, from 0.
m=-1 chain=0 rung=0 active=0
words=()  # of all programs, one after another
shape=()  # by member: kind and first word of each program, "run 4 into 7 "
written=() # by member: first word of each file of words, which is its name, "0 2 "
last=()   # by member: index after its last word
place=() stdout=() seconds=() pipe=() to=() tee=()
job() { [[ $1 == 1 ]] || trouble "This job is of format $1, and format 1 is understood. Use scripts and jobs of one version."; }
chain() { ((++chain)); active=0; }
member() {
  ((chain == wanted)) || return 0
  place[++m]=$1 rung=0 seconds[m]=
}
stdout() { ((chain != wanted)) || stdout[m]=$1; }
link() { # with TRIREME_COPY, links of these places are copied on their way, to see whether anything goes through them
  ((chain == wanted)) || return 0
  pipe[m]=$1 to[m]=$2 tee[m]=$3
  [[ -n $3 || " ${TRIREME_COPY-} " != *" ${place[m]} "* ]] || tee[m]=link/copy
}
rung() {
  active=0
  ((chain == wanted && rung++ <= memory_rung)) || return 0
  active=1 shape[m]='' written[m]=''
}
limits() { # the last one serves all higher rungs
  ((chain != wanted)) || { shift $((time_rung < $# ? time_rung : $# - 1)); seconds[m]=$1; }
}
program() { shape[m]+="$1 ${#words[@]} "; }
more() { ((!active)) || { words+=("$@"); last[m]=${#words[@]}; }; }
run() { ((!active)) || program run; more "$@"; }
into() { ((!active)) || program into; more "$@"; }
response() { ((!active)) || written[m]+="${#words[@]} "; more "$@"; } # a file of one word a line, before the programs
files() { # every file of a list, in order
  ((active)) || return 0
  local n i found
  for ((i = 1; ; i++)); do
    printf -v n %04d "$i"
    found=("$root/${place[m]}/$1/$n"*)
    ((${#found[@]})) || break
    words+=("$1/$n$2")
  done
  last[m]=${#words[@]}
}
for name in items recipe tell input several one leaves may-leave fills transient resumes; do eval "$name() { :; }"; done # not its business
# shellcheck source=/dev/null
source "$job_file" || trouble "The job $job_file cannot be read."
((m >= 0)) || trouble "The job $job_file has no chain $wanted."
members=${#place[@]}

# --- What a member does, in a shell of its own that leads a process group.
check() { # as in a local run: statuses are noted, the first that is neither 0 nor SIGPIPE's 141 ends it
  local all="$*" broken=0 s
  stages+=${stages:+/}${all// /,}
  for s; do case $s in 0) ;; 141) broken=141 ;; *) return "$s" ;; esac; done
  return $broken
}
programs() { # the text that is evaluated holds positions only, never a value: (exec -- "${words[@]:0:3}" …) | (exec -- "${words[@]:3:2}" …)
  local text='' kind start next stage
  set -- ${shape[n]}
  local single=$(($# == 2))
  while (($#)); do
    kind=$1 start=$2
    shift 2
    next=${2-${last[n]}}
    stage='(exec -- "${words[@]:'"$start:$((next - start))"'}" 2>&9 9>&- 8>&- 6>&- 5<&-'
    [[ ${1-} != run ]] || stage+=' >&2'
    case $kind$single in
      run0) text+="${text:+$checked}$stage)" ;;
      into0) text+=" | $stage)" ;;
      *) text=$stage')' ;;
    esac
  done
  ((single)) || text+='; check "${PIPESTATUS[@]}"'
  eval "$text"
}
checked='; check "${PIPESTATUS[@]}" || return; '
write_responses() {
  local first=${shape[n]#* }
  set -- ${written[n]} ${first%% *}
  while (($# > 1)); do
    { (($2 == $1 + 1)) || printf '%s\n' "${words[@]:$1 + 1:$2 - $1 - 1}"; } >"${words[$1]}" || exit 126
    shift
  done
}
member_shell() {
  trap : TERM # this shell stays, to report how its programs ended; SIGTERM ends the programs themselves as usual
  exec 9>&"${log[n]}" 6>&"${usage_to[n]}" 5<&"${usage_from[n]}" 7<&- </dev/null
  close_others
  cd "$root/${place[n]}" || exit 126
  write_responses 2>&9
  local name
  for name in ${!KUBERNETES_*} ${!ARGO_*} ${!TRIREME_*} ${!APPTAINER_*} ${!SINGULARITY_*}; do unset "$name"; done
  unset TERM PROMPT_COMMAND LANG
  { export LC_ALL=C.UTF-8; } 2>/dev/null # bash itself warns where an image lacks the locale
  export HOME=$PWD/tmp TMPDIR=$PWD/tmp TZ=UTC PYTHONHASHSEED=0 TRIREME_WORK=$root
  local to_file=${stdout[n]-} TIMEFORMAT='%R %U %S'
  if [[ -n $to_file ]]; then exec >"$to_file" || exit 126; else exec >&9; fi
  local stages='' # by pipe and stage, 0,1/0
  { time programs; } 2>&6
  local status=$? lines=() signal=- times
  mapfile -t lines <&5
  ((${#lines[@]})) || lines=('0 0 0')
  times=${lines[-1]}
  # bash prints a line when a signal ended a program, except for these three signals
  set -- ${shape[n]}
  if (($# == 2 && status > 128)) && ((${#lines[@]} > 1 || status == 141 || status == 143 || status == 130)); then
    signal=$((status - 128))
  fi
  echo "$n $status $signal $times ${stages:--} ." >&8
}
close_others() { # what the shell of one program has of the others
  local fd
  for fd in "${log[@]}" "${usage_to[@]}" "${usage_from[@]}" "$report_to"; do exec {fd}>&-; done
}
tee_shell() { # copies what passes through a link into a file
  trap : TERM
  exec 7<&- 2>&"${log[n]}"
  close_others
  cd "$root/${place[n]}" || exit 126
  local keep_on=() # where the reader stops early: the file must be whole. GNU's tee can; where it cannot, the step fails.
  ! tee -p </dev/null >/dev/null 2>&1 || keep_on=(-p)
  tee "${keep_on[@]}" "${tee[n]}" <"${pipe[n]}" >"${pipe[n]}.tee" 8>&-
  echo "$((n + members)) $? - 0 0 0 - ." >&8
}

# --- All of them, watched by events and clock. Index n is a member, n + members the tee after it.
declare -A pid alive why status_of signal_of figures stages_of began limit hard sampled
now() { local up; read -r up _ </proc/uptime; now=$((10#${up/./})); } # hundredths of a second, without a process
oom_kills() { # of this container where the kernel counts them, else of the machine
  local name value file
  kills=0
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control /proc/vmstat; do
    [[ -r $file ]] || continue
    while read -r name value; do [[ $name != oom_kill ]] || { kills=$value; return; }; done <"$file"
  done
}
end_one() { # why; SIGTERM to the group, SIGKILL three seconds later
  local n=$1
  [[ -n ${alive[$n]-} ]] || return 0
  : "${why[$n]:=$2}"
  kill -TERM -- "-${pid[$n]}" 2>/dev/null
  : "${hard[$n]:=$((now + 300))}"
}
end_all() { local n; for n in "${!alive[@]}"; do end_one "$n" "$1"; done; }
release() { # opens and closes a pipe, so that a program that waits at its other end goes on
  if [[ -p $1 ]]; then { : <>"$1"; } 2>/dev/null
  elif ((!all_by)); then all_by=$((now + 200)); fi # a program took it away: whoever waits at it would wait for ever
}
release_neighbours() { # of programs that have ended: they must not wait for one that is gone
  local n
  for n in "${!status_of[@]}"; do
    if ((n < members)); then
      [[ -z ${pipe[n]-} ]] || release "$root/${place[n]}/${pipe[n]}"
      ((n == 0)) || release "${from[n]}"
    else
      release "$root/${place[n - members]}/${pipe[n - members]}"
      release "$root/${place[n - members]}/${pipe[n - members]}.tee"
    fi
  done
}
sample() { # resident memory by process group: bash does not report rusage
  local file line group total
  local -A sum=()
  for file in /proc/[0-9]*/stat; do
    { read -r line <"$file"; } 2>/dev/null || continue
    set -- ${line##*) }
    sum[$3]=$((${sum[$3]-0} + ${22:-0}))
  done
  for n in "${!alive[@]}"; do
    total=${sum[${pid[$n]}]-0}
    ((total <= ${sampled[$n]-0})) || sampled[$n]=$total
  done
}
# Reports progress lines of the logs. A log may be large, so only its end is read at each look; lines up to the one that was reported last are
# passed over. NUMBER counts the lines of a step, so that a client that reads the log again sees which are new.
progress() { # with any argument, also of logs that seem unchanged
  local n line lines fresh open_log
  [[ ${TRIREME_PROGRESS-} == 1 ]] || return 0
  for ((n = 0; n < members; n++)); do
    open_log=/proc/$$/fd/${log[n]}
    [[ -s $open_log && (-n ${1-} || -N $open_log) ]] || continue
    mapfile -t lines < <(tail -c 8192 "$open_log")
    fresh=()
    for line in "${lines[@]}"; do
      [[ $line == '::progress {'*'}' ]] || continue
      if [[ $line == "${last_progress[n]-}" ]]; then fresh=(); else fresh+=("$line"); fi
    done
    for line in "${fresh[@]}"; do
      last_progress[n]=$line progress_count[n]=$((${progress_count[n]-0} + 1))
      recent+=("progress ${place[n]} ${progress_count[n]} ${line#::progress }")
      printf '::%s\n' "${recent[-1]}"
    done
  done
  ((${#recent[@]} <= 20)) || recent=("${recent[@]: -20}")
}
last_progress=() progress_count=() recent=()
part='' # the beginning of a line that `read` got before its time ran out
event() { # seconds: waits for the next line, in `line`. A read that runs out of time may have taken the newline, so lines end in a dot
  local got
  IFS= read -r -t "$1" -u 8 got
  line=$part$got part=''
  [[ $line != *' .' ]] || return 0
  part=$line
  return 1
}
ended() { # n status signal real user system stages .
  local n=$1
  [[ -n ${alive[$n]-} ]] || return 0
  kill -KILL -- "-${pid[$n]}" 2>/dev/null # what it left running in the background
  wait "${pid[$n]}" 2>/dev/null
  unset "alive[$n]" "hard[$n]" "limit[$n]"
  status_of[$n]=$2 signal_of[$n]=$3 figures[$n]="$4 $5 $6" stages_of[$n]=$7
  if [[ $2 != 0 || -n ${why[$n]-} ]] && ((!all_by)); then all_by=$((now + 200)); fi # the others have two seconds to fail by themselves, so that each reports its own fault
}
lost() { # a member's shell that was killed with its group writes no event
  local n code
  for n in "${!alive[@]}"; do
    kill -0 "${pid[$n]}" 2>/dev/null && continue
    read -r -t 0 -u 8 && continue # its event is still to be read
    wait "${pid[$n]}" 2>/dev/null
    code=$?
    local took=$((now - ${began[$n]}))
    printf -v took '%d.%02d' $((took / 100)) $((took % 100))
    ended "$n" "$code" "$((code > 128 ? code - 128 : 0))" "$took" 0 0 -
  done
}

now
oom_kills
kills_before=$kills all_by=0
events=$root/${place[0]}/events
fifos=("$events")
for ((n = 0; n < members; n++)); do
  [[ -n ${pipe[n]-} ]] || continue
  mkdir -p "$root/${place[n]}/link" || trouble 'The pipes between steps cannot be made.'
  fifos+=("$root/${place[n]}/${pipe[n]}")
  from[n + 1]=$root/${place[n]}/${pipe[n]}
  [[ -z ${tee[n]} ]] || { fifos+=("$root/${place[n]}/${pipe[n]}.tee"); from[n + 1]+=.tee; }
  ln -sf "${from[n + 1]}" "$root/${place[n + 1]}/${to[n]}"
done
for file in "${fifos[@]}"; do # of an earlier attempt
  [[ ! -e $file && ! -L $file ]] || { rm -rf "${fifos[@]}"; break; }
done
mkfifo -m 600 "${fifos[@]}" || trouble 'The pipes between steps cannot be made.'
# a write sets its time of change, a read its time of access: a link that nobody used still has these (core/host/fifos.ts)
((${#fifos[@]} == 1)) || touch -d '1970-01-01 00:00:01' "${fifos[@]}"
exec 8<>"$events" {report_to}>>"$report"
spent=("$events")
log=() usage_to=() usage_from=()
for ((n = 0; n < members; n++)); do
  file=$root/${place[n]}/log
  [[ ! -e $file || -f $file ]] || trouble "The log $file is no file."
  file=$root/${place[n]}/usage
  [[ ! -e $file && ! -L $file ]] || rm -rf "$file"
  exec {fd_log}>>"$root/${place[n]}/log" {fd_to}>"$file" {fd_from}<"$file" || trouble 'The files of the steps cannot be made.'
  log[n]=$fd_log usage_to[n]=$fd_to usage_from[n]=$fd_from
  spent+=("$file")
done
rm -f "${spent[@]}"
stopping=0
trap stopping=1 TERM INT HUP # no more than that: a trap runs in the middle of things
if [[ ${TRIREME_LEASH-} == 1 ]]; then
  exec 7<&0
  { while read -r -u 7 _; do :; done; kill -TERM $$; } 8>&- &
  leash=$!
fi
exec </dev/null
printf -v started '%(%Y-%m-%dT%H:%M:%S)T' -1
set -m
for ((n = 0; n < members; n++)); do
  member_shell &
  pid[$n]=$! alive[$n]=1 began[$n]=$now
  [[ -z ${seconds[n]} ]] || { printf -v "limit[$n]" %.0f "${seconds[n]}e2"; limit[$n]=$((now + ${limit[$n]})); }
done
for ((n = 0; n < members; n++)); do
  [[ -n ${tee[n]-} ]] || continue
  tee_shell &
  pid[$((n + members))]=$! alive[$((n + members))]=1 began[$((n + members))]=$now
done
set +m
delay=2 next=$((now + 2)) checked=$now
while ((${#alive[@]})); do
  tick=$((next - now < 50 ? next - now : 50))
  for n in "${!limit[@]}"; do ((${limit[$n]} - now >= tick)) || tick=$((${limit[$n]} - now)); done
  ((${#status_of[@]} == 0 && ${#hard[@]} == 0 || tick < 10)) || tick=10
  ((tick > 0)) || tick=1
  printf -v tick '%d.%02d' $((tick / 100)) $((tick % 100))
  if event "$tick"; then
    now
    ended $line
    while read -r -t 0 -u 8 && event 1; do ended $line; done
  else
    now
  fi
  ((${#alive[@]})) || break
  ((stopping != 1)) || { stopping=2; end_all cancelled; }
  ((${#status_of[@]} == 0)) || release_neighbours
  for n in "${!limit[@]}"; do ((now < ${limit[$n]})) || { unset "limit[$n]"; end_one "$n" time; }; done
  for n in "${!hard[@]}"; do ((now < ${hard[$n]})) || kill -KILL -- "-${pid[$n]}" 2>/dev/null; done
  ((all_by == 0 || now < all_by)) || end_all group
  if ((now >= next)); then
    sample
    progress
    ((delay >= 100)) || delay=$((delay * 2))
    next=$((now + delay))
  fi
  ((now - checked < 50)) || { checked=$now; lost; }
done
[[ -z ${leash-} ]] || kill "$leash" 2>/dev/null
progress last
((${#recent[@]} == 0)) || printf '%s\n' "${recent[@]}" >&"$report_to"
oom_kills
oom=$((kills > kills_before))
peak=0 # of the whole container, for members too short to be sampled; it holds cached files, too
for file in /sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes; do [[ ! -r $file ]] || read -r peak <"$file"; done
for ((n = 0; n < members; n++)); do
  copy=$((n + members))
  [[ ${status_of[$copy]-0} == 0 || ${status_of[$n]} != 0 ]] || status_of[$n]=${status_of[$copy]}
  set -- ${figures[$n]}
  memory=$((${sampled[$n]-0} * 4096))
  printf 'member %s status=%s signal=%s stopped=%s seconds=%s user=%s system=%s memory=%s oom=%s started=%s.000Z stages=%s\n' "${place[n]}" \
    "${status_of[$n]}" "${signal_of[$n]}" "${why[$n]:--}" "$1" "$2" "$3" $((memory ? memory : peak)) $oom "$started" "${stages_of[$n]}"
done >&"$report_to"
