
# Runs a comparison on this machine with the Node and the package that lie beside this file, and leaves a record of it. Needs no network, no root,
# and no programs but those that every Linux has; the comparison's own tools are looked for, never installed. Writes below its own folder, or DIR.
usage() {
  cat <<TEXT
Runs the comparison "$comparison" on this machine, and leaves a record of it: the last line that is printed names it.

  ./run [--limit 8m] [--runs N] [--on ENVIRONMENT,…] [--record FILE] [--work DIR]

  --limit TIME     begin no round that would end later than this: 8m, 2h, 90s
  --runs N         rounds, in place of the comparison's stopping rule
  --on NAMES       environments, in place of the comparison's own
  --record FILE    where the record is written (default record.json in the folder of the bundle)
  --work DIR       write there all that is written, for a bundle in a folder that cannot be written to
  Others go to "trireme bench run": --seed N, --quick.

Take the record back, and have it verified and kept: trireme bench import record.json
TEXT
}
fail() {
  status=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$status"
}
# Whether version $1 is $2 or newer; both are two numbers with a dot between them.
at_least() {
  [ "${1%%.*}" -gt "${2%%.*}" ] || { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${1#*.}" -ge "${2#*.}" ]; }
}
check_machine() {
  case $(uname -m) in
  x86_64 | amd64) machine=x64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) machine=$(uname -m) ;;
  esac
  system=$(uname -s | tr '[:upper:]' '[:lower:]')
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || libc="no glibc"
  case $libc in "glibc "[0-9]*.[0-9]*) version=$(printf '%s' "${libc#glibc }" | cut -d. -f1,2) ;; *) version=0.0 ;; esac
  if [ "$system-$machine" != "linux-$architecture" ] || ! at_least "$version" "$glibc"; then
    fail 5 "This bundle is for linux-$architecture with glibc $glibc or newer; this machine is $system-$machine with $libc. Nothing was run.
Make a bundle with a Node for this machine: trireme bundle $comparison -o FILE.tar --node FILE"
  fi
}
check_bundle() {
  (cd "$here" && sha256sum -c files.sha256 >/dev/null 2>&1) ||
    fail 4 "The bundle in $here is not whole: it was cut short on its way, or changed. Copy it here again, and unpack it into an empty folder."
}
# Leaves in $work/unpacked/PACKAGE what is packed, whole: a folder that a stopped call left, or whose files were changed, is made anew.
unpack() {
  unpacked=$work/unpacked
  whole=$(cut -c1-16 "$here/files.sha256" | tr -d '\n')
  app=$unpacked/$whole
  (cd "$app" 2>/dev/null && sha256sum -c files.sha256 >/dev/null 2>&1) && return
  words=$(
    {
      rm -rf "$unpacked" && mkdir -p "$unpacked/part" "$work/tmp" "$work/cache" &&
        tar -xzf "$here/package.tar.gz" -C "$unpacked/part" && mkdir "$unpacked/part/bin" &&
        gzip -dc "$here/node.gz" >"$unpacked/part/bin/node" && chmod 755 "$unpacked/part/bin/node" &&
        mv "$unpacked/part" "$app"
    } 2>&1
  ) || {
    rm -rf "$unpacked" 2>/dev/null
    fail 7 "The bundle cannot be unpacked in $work: $(printf '%s' "$words" | head -n 3)
It takes $mebibytes MiB in a folder that may be written to. Free some space, or give a folder elsewhere with --work DIR. Nothing was run."
  }
}
main() {
  here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
  work=$here
  record=
  for word; do
    shift
    case ${option-} in
    --work)
      work=$(mkdir -p -- "$word" && CDPATH='' cd -- "$word" && pwd -P) || fail 7 "The folder $word cannot be made. Give another with --work."
      option= && continue
      ;;
    --record) record=$word option= && continue ;;
    esac
    case $word in
    -h | --help) usage && exit 0 ;;
    --work | --record) option=$word ;;
    --work=* | --record=*) fail 2 "Write ${word%%=*} and its value as two words." ;;
    *) set -- "$@" "$word" ;;
    esac
  done
  [ -z "${option-}" ] || fail 2 "$option takes a value; ./run --help says which."
  [ -n "$record" ] || record=$work/record.json
  case $record in /*) ;; *) record=$PWD/$record ;; esac
  check_machine
  check_bundle
  unpack
  unset NODE_OPTIONS NODE_PATH
  PATH=$app/bin:${PATH:-/usr/local/bin:/usr/bin:/bin} HOME=${HOME:-$work} TMPDIR=$work/tmp XDG_CACHE_HOME=$work/cache
  export PATH HOME TMPDIR XDG_CACHE_HOME
  words=$(node --version 2>&1) || fail 5 "The Node of this bundle does not start in $work: $words
Where files there may not be executed, or another libstdc++ is found first, give a folder elsewhere with --work DIR."
  cd "$app/project"
  exec node node_modules/trireme-bio/dist/cli.js bench run "$comparison" --no-install --store "$work/store" --record "$record" "$@"
}
main "$@"
