# --- Inputs of one chain: what is to be linked, made sure of, and what is not there.
links=() copies=() rooms=() sure=() sure_sha=() skip=
mine() { [[ $doing == inputs && ${chain_of[at]} == "$now" && -z $skip ]]; }
want() { # path digest
  [[ -f $1 ]] || damaged "$at" "$1" "Step ${step[at]} needs ${1#"$root/"}, which did not arrive: it is gone from the bucket, or was never there."
  [[ -n ${verified[$1]-} ]] || { sure+=("$1") sure_sha+=("$2"); verified[$1]=1; }
}
link_to() { # one of several lies in a folder of its slot
  links+=("$1" "$root/$at/$2")
  [[ $2 != */*/* ]] || rooms+=("$root/$at/${2%/*}")
}
gone() { # slot optional what
  local slot=${1#in/}
  if [[ $2 == optional ]]; then skip="its input \"${slot%%[./]*}\" was left out by the step that may make it"
  else damaged "$at" "$3" "Step ${step[at]} needs $3, and no record tells of it: its entry is not whole."; fi
}
from_folder() { # folder file to optional
  if load "$1" && [[ -n ${sha[$1/$2]-} ]]; then
    want "$1/$2" "${sha[$1/$2]}"
    link_to "$1/$2" "$3"
  else
    gone "$3" "$4" "${1#"$root/"}/$2"
  fi
}
input() { # kind to …
  mine || return 0
  local folder=$root/from/$3
  case $1 in
    producer) from_folder "$folder" "$4" "$2" "$5" ;;
    place) from_folder "$root/out/$3" "$4" "$2" "$5" ;;
    source)
      want "$folder/$4" "$4"
      link_to "$folder/$4" "$2"
      ;;
    asset) # beside the step's other assets, under the name of its slot, so that a script can import them
      want "$folder/$4" "$4"
      copies+=("$folder/$4" "$root/assets/$at/${2#in/.}")
      link_to "$root/assets/$at/${2#in/.}" "$2"
      ;;
    item)
      item_digest "$folder" "$3" "$4" "$5"
      link_to "$folder/item$5" "$2"
      ;;
  esac
}
item_digest() { # folder mount port suffix: the record is the list's, or where the list was gathered, that of the branch
  local number=TRIREME_ITEM_$2
  load "$1"
  want "$1/item$4" "${sha[$1/$3/${!number}$4]:-${sha[$1/$3$4]-none}}"
}
several() { # to suffix…
  mine || return 0
  slot=$1 nth=0
  shift
  suffixes=("$@")
  rooms+=("$root/$at/$slot")
}
resumes() { ! mine || rooms+=("$root/$at/resume"); }
next_one() { printf -v to '%s/%04d' "$slot" $((++nth)); }
one() { # kind …
  mine || return 0
  local folder=$root/from/$2 kind=$1 base=$3 may=${4-} suffix n i to
  [[ $kind != place* ]] || folder=$root/out/$2
  case $kind in
    producer | place)
      load "$folder"
      if [[ -z ${sha[$folder/$base${suffixes[0]}]-} ]]; then
        [[ $may == optional ]] || gone "$slot" '' "${folder#"$root/"}/$base${suffixes[0]}"
        return 0
      fi
      next_one
      for suffix in "${suffixes[@]}"; do from_folder "$folder" "$base$suffix" "$to$suffix"; done
      ;;
    source)
      next_one
      for ((i = 0; i < ${#suffixes[@]}; i++)); do
        n=$((i + 3))
        want "$folder/${!n}" "${!n}"
        link_to "$folder/${!n}" "$to${suffixes[i]}"
      done
      ;;
    list | 'place list')
      load "$folder" || { [[ $may == optional ]] || gone "$slot" '' "${folder#"$root/"}/record.json"; return 0; }
      for ((i = 1; i <= ${count[$folder/$base]-0}; i++)); do
        printf -v n %04d "$i"
        next_one
        for suffix in "${suffixes[@]}"; do from_folder "$folder" "$base/$n$suffix" "$to$suffix"; done
      done
      ;;
    item)
      next_one
      for suffix in "${suffixes[@]}"; do
        item_digest "$folder" "$2" "$base" "$suffix"
        link_to "$folder/item$suffix" "$to$suffix"
      done
      ;;
    gather)
      load "$root/from/$4" || gone "$slot" '' "from/$4/record.json"
      for ((i = 1; i <= ${count[$root/from/$4/$5]-0}; i++)); do
        printf -v n %04d "$i"
        load "$folder/$n" && [[ -n ${sha[$folder/$n/$base${suffixes[0]}]-} ]] || continue
        next_one
        for suffix in "${suffixes[@]}"; do from_folder "$folder/$n" "$base$suffix" "$to$suffix"; done
      done
      ;;
  esac
}
digests() { # file…; their SHA-256 in `digests`, by one process for 4,000 files: the kernel takes no more than 2 MB of words
  digests=()
  local line n
  : >"$root/stage/digests"
  for ((n = 1; n <= $#; n += 4000)); do held sha256sum -- "${@:n:4000}" >>"$root/stage/digests" || return; done
  while read -r line; do digests+=("${line:0:64}"); done <"$root/stage/digests"
}
fresh_log() { # place; a program of an earlier chain may have put a pipe there
  [[ ! -e $root/report/$1.log && ! -L $root/report/$1.log ]] || rm -rf "$root/report/$1.log"
  : >"$root/report/$1.log"
}
stage() { # links the inputs of chain `now`; false with `skip` where one was left out
  links=() copies=() rooms=() sure=() sure_sha=() skip=
  local p n
  for p in "${members[@]}"; do rooms+=("$root/$p/in" "$root/$p/out" "$root/$p/tmp" "$root/assets/$p"); done
  read_job inputs
  [[ -z $skip ]] || return 1
  mkdir -p "${rooms[@]}" || fault "${members[0]}" 'The volume of the pod cannot be written.' 75
  digests "${sure[@]}" || fault "${members[0]}" 'The inputs cannot be read.' 75
  for ((n = 0; n < ${#sure[@]}; n++)); do
    [[ ${digests[n]} == "${sure_sha[n]}" ]] ||
      damaged "${members[0]}" "${sure[n]}" "Input ${sure[n]#"$root/"} is not what its record says: its SHA-256 is ${digests[n]}, and should be ${sure_sha[n]}. It changed in the bucket or on its way."
  done
  for ((n = 0; n < ${#copies[@]}; n += 2)); do cp "${copies[n]}" "${copies[n + 1]}" || fault "${members[0]}" 'The volume of the pod cannot be written.' 75; done
  for ((n = 0; n < ${#links[@]}; n += 2)); do ln -s "${links[n]}" "${links[n + 1]}" || fault "${members[0]}" 'The volume of the pod cannot be written.' 75; done
  for p in "${members[@]}"; do fresh_log "$p" && ln -s "$root/report/$p.log" "$root/$p/log"; done
}
