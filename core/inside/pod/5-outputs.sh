# --- Outputs of one member: checked, moved aside, digested, recorded, published by one rename.
declare -A name_of # names that a step gave to the items of a list, by "<place>/<port>/<n>", n from 0
declare -A list_of # number of items, by "<place>/<port>"
out_port=() out_files=() out_names=() moves=() ports=()
here() { [[ $doing == outputs && $at == "$collecting" ]]; }
broken() { fault "$at" "Step ${step[at]} ended well, but its output \"$1\" $2"; }
check_output() { # port file
  [[ -e $2 || -L $2 ]] ||
    broken "$1" "is missing: there is no ${2#out/}. A step writes every output it promises; one it may leave out is declared optional(…)."
  local own='A step writes its outputs itself'
  [[ ! -L $2 ]] || broken "$1" "is no regular file: ${2#out/} is a link. $own; a link would break when its target goes."
  [[ ! -d $2 ]] || broken "$1" "is no regular file: ${2#out/} is a folder. $own, each as one file."
  [[ -f $2 ]] || broken "$1" "is no regular file: ${2#out/} is a pipe, a socket or a device. $own, as files."
  [[ -s $2 ]] || broken "$1" "is empty: ${2#out/}. An empty file is no result."
}
keep() { out_port+=("$1") out_files+=("$2") out_names+=("$3"); } # port, file as published, name as the step gave it
leaves() {
  here || return 0
  local port=$1 file
  shift
  ports+=("$port")
  for file; do
    check_output "$port" "out/$file"
    keep "$port" "$file" "$file"
    moves+=("out/$file")
  done
}
may-leave() {
  here || return 0
  local file
  for file in "${@:2}"; do
    [[ ! -e out/$file && ! -L out/$file ]] || { leaves "$@"; return; }
  done
  ports+=("$1")
}
natural() { # indices of `listed` in the order of the names, in `order`; the rule is that of core/vocabulary/natural-order.ts
  local rest key name digits i=0 zeros=00000000000000000000
  for name in "${listed[@]}"; do
    rest=$name key=
    while [[ $rest =~ ^([^0-9]*)([0-9]+)(.*)$ ]]; do
      digits=${BASH_REMATCH[2]} rest=${BASH_REMATCH[3]}
      key+=${BASH_REMATCH[1]}${zeros:${#digits}}$digits
    done
    printf '%s/%s/%s\0' "$key$rest" "$name" $((i++))
  done | sort -z >"$root/stage/order"
  order=()
  while IFS= read -r -d '' name; do order+=("${name##*/}"); done <"$root/stage/order"
}
fills() { # port suffix…
  ! mine || rooms+=("$root/$at/out/$1")
  here || return 0
  local port=$1 main=$2 path name suffix n number i=0 fits listed=() order
  shift
  ports+=("$port")
  real_folder "out/$port"
  for path in "out/$port/"*; do
    name=${path##*/} fits=
    for suffix; do [[ $name != *"$suffix" ]] || fits=1; done
    [[ -n $fits ]] ||
      fault "$at" "Step ${step[at]} wrote \"$name\" into its list \"$port\". Such a list holds files ending in $main only. Name them so."
    [[ $name != *"$main" ]] || listed+=("$name")
  done
  natural
  mkdir "$root/stage/$at/$port"
  for n in "${order[@]}"; do
    name_of["$at/$port/$i"]=${listed[n]}
    printf -v number %04d $((++i))
    for suffix; do
      name=${listed[n]%"$main"}$suffix
      check_output "$port" "out/$port/$name"
      json "$name" || fault "$at" "Step ${step[at]} wrote a file into its list \"$port\" whose name is no UTF-8. Name it in UTF-8."
      mv "out/$port/$name" "$root/stage/$at/$port/$number$suffix"
      keep "$port" "$port/$number$suffix" "$port/$name"
    done
  done
  list_of["$at/$port"]=$i
}
# What a step left running must not change what it made while that is looked at: processes that have its mark in their environment.
end_strays() {
  local id word
  for id in /proc/[0-9]*; do
    [[ ${id#/proc/} != "$$" && -r $id/environ ]] || continue
    while IFS= read -r -d '' word; do
      [[ $word == "TRIREME_WORK=$root" ]] || continue
      kill -KILL "${id#/proc/}" 2>/dev/null
      break
    done 2>/dev/null <"$id/environ"
  done
}
real_folder() { # folder: one of the pod's own, and no link that a step put in its place; it may be used, whatever the step made of its mode
  [[ -d $1 && ! -L $1 ]] && { [[ -r $1 && -w $1 && -x $1 ]] || chmod u+rwx "$1"; } ||
    fault "$at" "Step ${step[at]} left no folder \"$1\", where its outputs belong. A step leaves the folders that it was given where they are."
}
collect_outputs() { # place
  collecting=$1 at=$1 out_port=() out_files=() out_names=() moves=() ports=()
  cd "$root" && real_folder "$1"
  { cd "$root/$1" && mkdir "$root/stage/$1"; } || fault "$1" 'The volume of the pod cannot be written.' 75
  real_folder out
  read_job outputs
  at=$1
  ((${#ports[@]})) || { cd "$root" && return; }
  { ((${#moves[@]} == 0)) || mv "${moves[@]}" "$root/stage/$1/"; } || fault "$1" 'The volume of the pod cannot be written.' 75
  cd "$root/stage/$1" || fault "$1" 'The volume of the pod cannot be read.' 75
  digests "${out_files[@]}" 2>/dev/null || { chmod -R u+r . && digests "${out_files[@]}"; } || fault "$1" 'The outputs cannot be read.' 75
  sizes=()
  : >"$root/stage/sizes"
  for ((n = 0; n < ${#out_files[@]}; n += 4000)); do stat -c '%s %h' -- "${out_files[@]:n:4000}" >>"$root/stage/sizes"; done
  mapfile -t sizes <"$root/stage/sizes"
  for ((n = 0; n < ${#sizes[@]}; n++)); do
    [[ ${sizes[n]} == *' 1' ]] || broken "${out_port[n]}" "has another name besides ${out_names[n]}: it is a hard link, and the other file would become read-only with it. A step writes its outputs itself, or copies them, for example with cp --reflink=auto; what lies in tmp/ may be moved."
    sizes[n]=${sizes[n]% *}
  done
  ((${#sizes[@]} == ${#out_files[@]})) || fault "$1" 'The outputs cannot be read.' 75
  for n in "${out_files[@]}"; do verified[$root/out/$1/$n]=1; done # these digests were just computed: no need to read the files again
  { record "$1" >record.json && n=$(sha256sum <record.json) && printf ',"digest":"%s"}\n' "${n:0:64}" >>record.json; } ||
    fault "$1" 'The volume of the pod is full: free some space, or ask for more with needs.disk.' 75
  cd "$root" || exit 75
}
publish() { # places…
  local p
  for p; do
    [[ ! -f $root/stage/$p/record.json ]] || mv -T "$root/stage/$p" "$root/out/$p" || fault "$p" 'The volume of the pod cannot be written.' 75
  done
}
# The record is JSON with one file a line, so that these very scripts can read it. Its last line is the digest of all lines before.
record() { # place
  local key=TRIREME_KEY_$1 port n first=1 comma
  json "${step[$1]}"
  printf '{"format":2,"key":"%s","step":%s,\n"outputs":{' "${!key-}" "$json"
  for port in "${ports[@]}"; do
    json "$port"
    ((first)) || printf ','
    printf '\n%s:[' "$json"
    first=0 comma=
    for ((n = 0; n < ${#out_files[@]}; n++)); do
      [[ ${out_port[n]} == "$port" ]] || continue
      json "${out_names[n]}"
      printf '%s\n{"name":%s,"size":%s,"sha256":"%s"' "$comma" "$json" "${sizes[n]}" "${digests[n]}"
      [[ ${out_names[n]} == "${out_files[n]}" ]] || printf ',"file":"%s"' "${out_files[n]}"
      printf '}'
      comma=,
    done
    printf '\n]'
  done
  figures "$1"
  printf '\n},\n"attempt":%s,"climbed":%s,"started":"%s","seconds":%s,' $((attempt + 1)) "$memory" "${m[started]}" "${m[seconds]}"
  printf '"usage":{"user":%s,"system":%s,"peakMemory":%s},' "${m[user]}" "${m[system]}" "${m[memory]}"
  json "${HOSTNAME-}"
  printf '"host":{"name":%s,' "$json"
  json "$processor"
  printf '"platform":"linux-%s","cpu":%s,"cores":%s}\n' "$machine" "$json" "$cores"
}
look_at_host() {
  local line
  processor=unknown cores=1 machine=${HOSTTYPE/x86_64/x64}
  machine=${machine/aarch64/arm64}
  [[ ! -r /sys/devices/system/cpu/online ]] || { read -r line </sys/devices/system/cpu/online && cores=$((${line##*[-,]} + 1)); }
  while IFS= read -r line; do
    [[ $line != 'model name'* ]] || { processor=${line#*: }; break; }
  done </proc/cpuinfo
}
