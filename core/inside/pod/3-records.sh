# --- Records: sizes and digests by "<folder>/<file>", numbers of items by "<folder>/<port>".
declare -A record_of size sha count verified
damaged() { # place file words: what the bucket gave is not what was written. Tried once more, since that may be of its way; then whoever reads the report mends it
  printf 'damaged %s %s\n' "$1" "${2#"$root/"}" >>"$report"
  fault "$1" "$3" $((attempt ? 1 : 75))
}
is_whole() { # record: whether all its bytes are as they were written; of format 1, from older versions, that cannot be told
  local first sum
  IFS= read -r first <"$1"
  [[ $first != '{"format":1,'* ]] || return 0
  sum=$(head -n -1 -- "$1" | sha256sum)
  [[ $first == '{"format":2,'* && $(tail -n 1 -- "$1") == ",\"digest\":\"${sum:0:64}\"}" ]]
}
load() { # folder; false where it has no record
  local folder=$1 line port='' name
  [[ -z ${record_of[$folder]-} ]] || { [[ ${record_of[$folder]} == there ]]; return; }
  record_of[$folder]=none
  [[ -f $folder/record.json ]] || return 1
  is_whole "$folder/record.json" ||
    damaged "$at" "$folder/record.json" "The record ${folder#"$root/"}/record.json is damaged."
  record_of[$folder]=there
  local entry='^\{"name":"(.*)","size":([0-9]+),"sha256":"([0-9a-f]{64})"(,"file":"([^"]*)")?\},?$' output='^"(.*)":\[$' last=''
  while IFS= read -r line; do
    if [[ $line =~ $entry ]]; then
      name=${BASH_REMATCH[5]:-${BASH_REMATCH[1]}}
      size[$folder/$name]=${BASH_REMATCH[2]} sha[$folder/$name]=${BASH_REMATCH[3]}
      [[ $name != "$port"/* || ${name%%.*} == "$last" ]] || { last=${name%%.*}; count[$folder/$port]=$((${count[$folder/$port]} + 1)); }
    elif [[ $line =~ $output ]]; then
      port=${BASH_REMATCH[1]} last=''
      count[$folder/$port]=0
    fi
  done <"$folder/record.json"
}
