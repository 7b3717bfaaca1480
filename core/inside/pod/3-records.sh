# --- Records: sizes and digests by "<folder>/<file>", numbers of items by "<folder>/<port>".
declare -A record_of size sha count verified
load() { # folder; false where it has no record
  local folder=$1 line port='' name
  [[ -z ${record_of[$folder]-} ]] || { [[ ${record_of[$folder]} == there ]]; return; }
  record_of[$folder]=none
  [[ -f $folder/record.json ]] || return 1
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
