# --- What the pod reports of a list: its items, with the keys of all steps that will run for each. A key is the SHA-256 of a recipe; one process makes
# the keys of a recipe for up to a thousand items.
list_name='' list_place='' list_port='' recipes=0 tells=() texts=()
items() {
  told_of=1
  [[ $doing != items ]] || { tell_items; list_name=$1 list_place=$2 list_port=$3 recipes=0 tells=() texts=(); }
}
recipe() { # text hole text hole … text
  [[ $doing == items ]] || return 0
  local total=${list_of["$list_place/$list_port"]-0} i n piece text files=()
  for ((i = 0; i < total; i++)); do
    text=
    for ((n = 1; n <= $#; n++)); do
      piece=${!n}
      if ((n % 2)); then text+=$piece; else fill_hole "$piece"; fi
    done
    printf %s "$text" >"$root/stage/recipe/$i"
    files+=("$root/stage/recipe/$i")
    ((i % 1000 != 999)) || { sum_recipes "${files[@]}"; files=(); }
  done
  sum_recipes "${files[@]}"
  ((++recipes))
}
fill_hole() { # adds to `text`
  local word
  case $1 in
    name) json "${name_of["$list_place/$list_port/$i"]}" && text+=$json ;;
    number) printf -v text '%s%04d' "$text" $((i + 1)) ;;
    key\ *) word="$i ${1#key }" && text+=${key_of[$word]} ;;
    given\ *)
      word=TRIREME_KEY_${1#given }
      [[ -n ${!word-} ]] || fault "$list_place" "The task was not given the key $word. Compile the workflow anew."
      text+=${!word}
      ;;
  esac
}
sum_recipes() {
  (($#)) || return 0
  local n first=${1##*/}
  digests "$@" || fault "$list_place" 'The volume of the pod cannot be read.' 75
  for ((n = 0; n < $#; n++)); do key_of["$((first + n)) $recipes"]=${digests[n]}; done
}
tell() { [[ $doing != items ]] || tells+=("$1" "$2"); }
tell_items() {
  told_of=1
  [[ -n $list_name ]] || return 0
  local i n word line comma='' total=${list_of["$list_place/$list_port"]-0}
  {
    printf '['
    for ((i = 0; i < total; i++)); do
      printf -v line '{"i":"%04d"' $((i + 1))
      for ((n = 0; n < ${#tells[@]}; n += 2)); do
        word="$i ${tells[n + 1]}"
        line+=",\"${tells[n]}\":\"${key_of[$word]}\""
      done
      printf '%s%s}' "$comma" "$line"
      comma=,
    done
    printf ']\n'
  } >"$root/report/items-$list_name"
}
tell_all_items() {
  [[ -n ${told_of-} ]] || return 0
  declare -gA key_of=()
  mkdir -p "$root/stage/recipe"
  list_name=
  read_job items
  tell_items
}
