# --- The job, read once for what there is, and again for each thing to be done with it: `doing` says which.
doing=list at=0 chain=0
places=() chain_of=() step=() limits=() transient=() tries=() may_stop=() uncopied=()
job() {
  [[ $1 == 1 ]] || fault 0 "This job is of format $1, and format 1 is understood. Use scripts and a job of one version."
}
chain() { ((++chain)); }
member() {
  at=$1
  [[ $doing != list ]] || { places+=("$1") chain_of[$1]=$chain step[$1]=$2 limits[$1]='' transient[$1]='' tries[$1]=0; }
}
rung() { :; }
limits() { [[ $doing != list ]] || limits[at]=$*; }
transient() { [[ $doing != list ]] || { tries[at]=$1 transient[at]=" ${*:2} "; }; }
link() {
  [[ $doing == list ]] || return 0
  if [[ -n $3 ]]; then may_stop[at]=; else may_stop[at]=$4 uncopied[at]=$1; fi # what is copied must be whole, what is not may be empty
}
stdout() { :; }
response() { :; }
run() { :; }
into() { :; }
more() { :; }
files() { :; }
read_job() {
  doing=$1 chain=0 at=0
  # shellcheck source=/dev/null
  source "$run/job" || fault 0 "The job run/job cannot be read."
}
