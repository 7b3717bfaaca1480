/**
 * Something that a step does to whoever runs it. Only bash, coreutils and perl: what plain Debian has. It aims at nothing but the folders that the
 * suite made (`preface`): a runner that follows links is no reason to lose the machine.
 */
export interface Attack {
  readonly name: string
  /** What it goes for, so that a sample holds some of each. */
  readonly about: 'links' | 'out' | 'special files' | 'names and trees' | 'processes' | 'log' | 'races' | 'rights'
  /** A script of bash. `$1` is its input, `$2` its output; `made` writes what is right. See `preface` for the places it knows. */
  readonly script: string
  /**
   * How the run must end: `well`, with the right result; with a message that holds these words; `clearly`, one way or the other; `held`: it goes
   * on until the user interrupts it, and ends then.
   */
  readonly ends: 'well' | 'clearly' | 'held' | RegExp
  /** How the step is called: a pipeline of pipelines.ts. @default 'single' */
  readonly way?: 'single' | 'retry' | 'printed' | 'list' | 'chain' | 'teed' | 'reading' | 'branches'
  /** Where it would hurt whoever tries it, it is tried only where nothing is shared with the user. */
  readonly only?: 'enclosed'
  /** What a step of this machine changes itself, by its user's rights (docs/reference/threat-model.md); no container lets it. */
  readonly spoils?: 'the input' | 'the store'
  /** Takes long, or much room. */
  readonly large?: true
}
/** Places outside of what was given to the step, by their paths on this machine; the first of all lines of every attack. */
export interface Places {
  /** Folder of the user's own: `secret.txt`, `read-only.txt`, `private/`, `open/`. */
  readonly precious: string
  /** The same on another file system, where there is one. */
  readonly elsewhere: string
  readonly store: string
  /** The file that the user gave as the input "from". */
  readonly input: string
}
export const preface = ({ precious, elsewhere, store, input }: Places): string =>
  `PRECIOUS='${precious}' ELSEWHERE='${elsewhere}' STORE='${store}' INPUT='${input}' FROM=$1 OUT=$2 RESUME=\${3-}
made() { echo made >"$OUT"; }
`
const things: Readonly<Record<string, (name: string) => string>> = {
  'a link to a folder': name => `ln -s "$PRECIOUS" ${name}`,
  'a link to a file': name => `ln -s "$PRECIOUS/secret.txt" ${name}`,
  'a link to a folder on another disk': name => `ln -s "$ELSEWHERE" ${name}`,
  'a link to itself': name => `ln -s "\${PWD}/${name}" ${name}`,
  'a link to nothing': name => `ln -s "$PRECIOUS/not-there" ${name}`,
  'a FIFO': name => `mkfifo ${name}`,
  'a full folder that cannot be written': name => `mkdir -p ${name}/a/b; touch ${name}/a/b/c; chmod -R a-w ${name}`,
}
/** Everything in a step's folder that the runner makes, reads or writes, there or in a pod: each is taken away, and something else put there. */
const own = [
  ...['tmp', 'in', 'link', 'usage', 'status', 'tee', 'log', 'report', 'events', 'job', 'resume', 'command.sh', 'stderr.log', '.owner'],
  ...['out/stderr.log', 'out/record.json', 'out/other'],
]
const replaced = (name: string, thing: string, more: Partial<Attack> & { readonly last?: string } = {}): Attack => {
  const { last = 'exit 0', ...rest } = more
  const script = `made; chmod -R u+w ${name} 2>/dev/null; rm -rf ${name}; ${things[thing]!(name)}; ${last}`
  return { name: `${name} is ${thing}${last === 'exit 0' ? '' : ', and it fails'}`, about: 'links', script, ends: 'well', ...rest }
}
const kinds = Object.keys(things)
const status3 = { last: 'exit 3', ends: /Step attacker ended with status 3/ }
/** Every name with two things, so that over all each thing has many names; and some of them again by a step that fails. */
const replacing: readonly Attack[] = own.flatMap((name, n) => [
  replaced(name, kinds[n % 2]!),
  replaced(name, kinds[2 + (n % (kinds.length - 2))]!),
  replaced(name, kinds[(n * 3) % kinds.length]!, status3),
])
/** In place of what it promised. */
const instead: readonly Attack[] = [
  ...kinds.map(
    (thing): Attack => ({
      name: `out is ${thing}`,
      about: 'out',
      script: `made; mv out aside; ${things[thing]!('out')}`,
      ends: /Step attacker .*(out\b|"made")/,
    }),
  ),
  ...kinds.map(
    (thing): Attack => ({
      name: `the output is ${thing}`,
      about: 'out',
      script: things[thing]!('"$OUT"'),
      ends: /output "made" (is no regular file|is missing|cannot be taken)/,
    }),
  ),
  ...kinds.map(
    (thing): Attack => ({
      name: `the folder of a list is ${thing}`,
      about: 'out',
      way: 'list',
      script: `echo made >"$OUT/1.txt"; mv "$OUT" aside; ${things[thing]!('out/made')}`,
      ends: thing.startsWith('a full')
        ? /Step lister (left no folder "out.made"|wrote "a" into its list "made")/
        : /Step lister .*(out\b|"made")/,
    }),
  ),
  ...kinds.map(
    (thing): Attack => ({
      name: `a file of a list is ${thing}`,
      about: 'out',
      way: 'list',
      script: things[thing]!('out/made/1.txt'),
      ends: /output "made" (is no regular file|cannot be taken)/,
    }),
  ),
]
/** What goes on when the step has ended; `$0` is a folder outside. */
const background = (script: string) => `setsid bash -c '${script}' "$PRECIOUS" </dev/null >/dev/null 2>&1 &`
// biome-ignore format: a table
const more: readonly Attack[] = [
  // --- The folder of outputs.
  { name: 'out is made anew', about: 'out', script: 'made; mv out aside; mkdir out; mv aside/made.txt out', ends: 'clearly' },
  { name: 'out is gone', about: 'out', script: 'made; rm -rf out', ends: /Step attacker .*(out\b|"made")/ },
  { name: 'out is a link to its own new place', about: 'out', script: 'made; mv out aside; ln -s aside out', ends: 'clearly' },
  { name: 'out may not be read', about: 'out', script: 'made; chmod 0 out', ends: 'clearly' },
  { name: 'out may not be written', about: 'out', script: 'made; chmod 555 out', ends: 'clearly' },
  { name: 'the work folder may not be entered', about: 'out', script: 'made; chmod 0 .', ends: 'clearly' },
  { name: 'the work folder may not be entered, and it fails', about: 'out', script: 'chmod 0 .; exit 3', ends: /Step attacker/ },
  { name: 'the work folder is moved away', about: 'out', script: 'made; mv "$PWD" "$PWD.away"', ends: 'clearly' },
  { name: 'the work folder is a link', about: 'out', script: 'made; mv "$PWD" "$PWD.away" && ln -s "$PRECIOUS" "$PWD"', ends: 'clearly' },
  { name: 'the work folder is gone', about: 'out', script: 'made; cd /; rm -rf "$OLDPWD"', ends: 'clearly' },
  { name: 'the work folder is a file', about: 'out', script: 'd=$PWD; cd /; mv "$d" "$d.away" && touch "$d"', ends: 'clearly' },
  { name: 'the folder of the run is emptied', about: 'out', script: 'made; [[ $PWD == */work/*/* || $PWD == /w/* ]] && rm -rf ../* ../.[!.]*', ends: 'clearly', spoils: 'the store' },
  { name: 'tmp is within itself', about: 'links', script: 'made; ln -s ../tmp tmp/tmp; ln -s . tmp/here', ends: 'well' },
  { name: 'links of tmp lead out', about: 'links', script: 'made; ln -s "$PRECIOUS" tmp/a; ln -s "$PRECIOUS/private" tmp/b; ln -s "$STORE" tmp/c', ends: 'well' },
  { name: 'links beside the output lead out', about: 'links', script: 'made; mkdir out/d; ln -s "$PRECIOUS" out/d/a; ln -s "$STORE" out/b', ends: 'well' },
  { name: 'an input is replaced', about: 'links', script: 'rm -f in/from.txt; ln -s "$PRECIOUS/secret.txt" in/from.txt; made', ends: 'well' },
  { name: 'an input is written', about: 'rights', script: 'echo changed >in/from.txt; made', ends: 'clearly', spoils: 'the input' },
  { name: 'the list of an input is replaced', about: 'links', way: 'reading', script: 'cat "$FROM" >tmp/x; rm -rf in; ln -s "$PRECIOUS" in; made', ends: 'well' },
  { name: 'the output leads to a device', about: 'special files', script: 'ln -s /dev/zero "$OUT"', ends: /output "made" is no regular file/ },
  { name: 'the output leads to a full device', about: 'special files', script: 'ln -s /dev/full "$OUT"', ends: /output "made" is no regular file/ },
  { name: 'the output leads to an open file', about: 'special files', script: 'ln -s /proc/self/fd/0 "$OUT"', ends: /output "made" is no regular file/ },
  { name: 'the output leads into the first process', about: 'special files', script: 'ln -s /proc/1/environ "$OUT"', ends: /output "made" is no regular file/ },
  { name: 'the output leads to the format of the store', about: 'out', script: 'ln -s "$STORE/format" "$OUT"', ends: /output "made" is no regular file/ },
  { name: 'the output leads to another entry', about: 'out', script: 'for e in "$STORE"/entries/*/*/made.txt; do break; done; ln -s "$e" "$OUT"', ends: /output "made" is no regular file/ },
  { name: 'tmp leads to the entries', about: 'links', script: 'made; rm -rf tmp; ln -s "$STORE/entries" tmp', ends: 'well' },
  { name: 'tmp leads to the runs', about: 'links', script: 'made; rm -rf tmp; ln -s "$STORE/runs" tmp', ends: 'well' },
  { name: 'out leads to the store', about: 'out', script: 'mv out aside; ln -s "$STORE" out', ends: /Step attacker .*(out\b|"made")/ },
  // --- Special files.
  { name: 'the output is a socket', about: 'special files', script: `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die' "$OUT"`, ends: /output "made" is no regular file/ },
  { name: 'a socket in tmp', about: 'special files', script: `made; perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("tmp/s")) or die'`, ends: 'well' },
  { name: 'the output is a device', about: 'special files', script: 'mknod "$OUT" c 1 5', ends: /output "made" is no regular file|ended with status 1/ },
  { name: 'the output is a disk', about: 'special files', script: 'mknod "$OUT" b 250 250', ends: /output "made" is no regular file|ended with status 1/ },
  { name: 'the log is a device', about: 'log', script: 'made; rm -f out/stderr.log; mknod out/stderr.log c 1 5 || true', ends: 'well' },
  { name: 'the output is a link to another output', about: 'special files', script: 'echo made >out/other; ln out/other "$OUT"', ends: 'clearly' },
  { name: 'the output is the log', about: 'special files', script: 'echo made >&2; ln out/stderr.log "$OUT" || ln log "$OUT"', ends: 'clearly' },
  { name: 'the output is the input, by a hard link', about: 'special files', script: 'ln -L in/from.txt "$OUT"', ends: /Step attacker (.*"made"|ended with status 1)|its input file .* was written to or replaced/, spoils: 'the input' },
  { name: 'beside the output is the input, by a hard link', about: 'special files', script: 'made; ln -L in/from.txt out/other; ln -L in/from.txt tmp/other; true', ends: 'clearly', spoils: 'the input' },
  { name: 'the output is a secret, by a hard link', about: 'special files', script: 'ln "$PRECIOUS/secret.txt" "$OUT"', ends: /Step attacker (.*"made"|ended with status 1)/, spoils: 'the input' },
  { name: 'the input is moved away', about: 'rights', script: 'made; mv "$(readlink -f in/from.txt)" tmp', ends: 'clearly', spoils: 'the input' },
  { name: 'the output is a folder', about: 'out', script: 'mkdir "$OUT"; touch "$OUT/x"', ends: /output "made" is no regular file/ },
  { name: 'the output is empty', about: 'out', script: ': >"$OUT"', ends: /output "made" is empty/ },
  { name: 'the output may not be read', about: 'rights', script: 'made; chmod 0 "$OUT"', ends: 'clearly' },
  { name: 'the output cannot be changed', about: 'rights', script: 'made; chattr +i "$OUT" 2>/dev/null; true', ends: 'clearly' },
  { name: 'the output runs as its owner', about: 'rights', script: 'made; chmod 6777 "$OUT"', ends: 'well' },
  { name: 'the output has an extended attribute', about: 'rights', script: `made; perl -e 'syscall(188, $ARGV[0], "user.x", "y" x 60, 60, 0)' "$OUT"; true`, ends: 'well' },
  { name: 'the output is a hole of 1 TB', about: 'special files', script: 'truncate -s 1T "$OUT"', ends: 'held', large: true },
  // --- Names and trees.
  { name: 'names of a list are hostile', about: 'names and trees', way: 'list', script: `cd "$OUT"; for n in $'a\\nb' $'\\e[2J' ' ' '-rf' '..' '*' "'" '$(touch x)' "$(printf 'x%.0s' {1..251})"; do echo made >"./$n.txt"; done`, ends: 'well' },
  { name: 'a name of a list is no text', about: 'names and trees', way: 'list', script: `echo made >"$OUT"/$'\\xff\\xfe'.txt`, ends: 'clearly' },
  { name: 'a file that belongs to no list', about: 'names and trees', way: 'list', script: `echo x >"$OUT"/$'\\e]0;x\\a'`, ends: /wrote ".*" into its list "made"/ },
  { name: 'names beside the output are hostile', about: 'names and trees', script: `made; for n in $'a\\nb' $'\\xff' ' ' '-rf' '...' '*' record.json "$(printf 'x%.0s' {1..255})"; do mkdir -p "./out/$n"; echo x >"./out/$n/x"; mkdir -p "./tmp/$n"; done`, ends: 'well' },
  { name: 'a tree that may not be written', about: 'names and trees', script: 'made; mkdir -p tmp/a/b/c out/a/b/c; touch tmp/a/b/c/d out/a/b/c/d; chmod -R 555 tmp/a out/a', ends: 'well' },
  { name: 'a tree that may not be read', about: 'names and trees', script: 'made; mkdir -p tmp/a/b out/a/b; chmod 0 tmp/a/b out/a/b tmp/a out/a', ends: 'well' },
  { name: 'a tree that may not be written, and it fails', about: 'names and trees', script: 'mkdir -p tmp/a/b; touch tmp/a/b/c; chmod -R 555 tmp; exit 3', ends: /ended with status 3/ },
  { name: 'a deep tree', about: 'names and trees', script: `made; for r in tmp out; do (cd $r; perl -e 'for (1..5000) { mkdir "d"; chdir "d" or die }'); done`, ends: 'well' },
  { name: 'a deep tree, and it fails', about: 'names and trees', script: `cd tmp; perl -e 'for (1..5000) { mkdir "d"; chdir "d" or die }'; exit 3`, ends: /ended with status 3/ },
  { name: '100,000 files', about: 'names and trees', script: `made; for r in tmp out/more; do mkdir -p $r; perl -e 'for (1..50000) { open(F, ">", "$ARGV[0]/$_"); close(F) }' $r; done`, ends: 'well' },
  { name: 'a million files', about: 'names and trees', script: `made; for r in tmp out/more; do mkdir -p $r; perl -e 'for (1..500000) { open(F, ">", "$ARGV[0]/$_"); close(F) }' $r; done`, ends: 'well', large: true },
  // --- Processes.
  { name: 'a child goes on writing', about: 'processes', script: `(while echo more >>"$OUT"; do sleep 0.01; done) 2>/dev/null & made; sleep 0.05; echo made >"$OUT"`, ends: 'clearly' },
  { name: 'a daemon goes on writing', about: 'processes', script: `made; exec 9>>"$OUT"; ${background('for ((n = 0; n < 2000; n++)); do echo more >&9; sleep 0.01; done')}`, ends: 'clearly' },
  { name: 'a daemon sleeps', about: 'processes', script: `made; ${background('exec sleep 1234')}`, ends: 'well' },
  { name: 'a daemon without an environment', about: 'processes', script: `made; ${background('cd "$PWD/tmp"; exec env -i sleep 1234')}`, ends: 'well' },
  { name: 'two forks and a session', about: 'processes', script: `made; ( ( setsid nohup bash -c "trap '' TERM HUP; sleep 1234; :" >/dev/null 2>&1 </dev/null & ) & ) & sleep 0.1`, ends: 'well' },
  { name: 'many children', about: 'processes', script: 'made; for n in {1..150}; do sleep 1234 & done', ends: 'well' },
  { name: 'a child holds the log open', about: 'processes', script: `made; setsid bash -c 'sleep 1234' </dev/null &`, ends: 'well' },
  { name: 'it hears no signal', about: 'processes', script: `trap '' TERM HUP INT; for ((;;)); do sleep 1000; done`, ends: 'held' },
  { name: 'whoever started it is killed', about: 'processes', script: 'made; kill -9 $PPID; sleep 2', ends: /Step attacker/ },
  { name: 'whoever started it is stopped', about: 'processes', script: 'made; kill -STOP $PPID', ends: 'held' },
  { name: 'all that it sees is killed', about: 'processes', only: 'enclosed', script: 'made; [[ $PWD == /w/* ]] && kill -9 -1; sleep 1', ends: 'clearly' },
  { name: 'all that it sees is stopped', about: 'processes', only: 'enclosed', script: 'made; [[ $PWD == /w/* ]] && kill -STOP -1', ends: 'held' },
  { name: 'it stops itself', about: 'processes', script: 'made; kill -STOP $$', ends: 'held' },
  { name: 'nothing is open', about: 'processes', script: 'made; exec 0<&- 1>&- 2>&-', ends: 'well' },
  { name: 'the first step of a chain leaves a daemon', about: 'processes', way: 'chain', script: `made; ${background('exec sleep 1234')}`, ends: 'well' },
  { name: 'a branch leaves a daemon', about: 'processes', way: 'branches', script: `made; ${background('exec sleep 1234')}`, ends: 'well' },
  { name: 'a try leaves a daemon', about: 'processes', way: 'retry', script: `${background('exec sleep 1234')} exit 75`, ends: /ended with status 75/ },
  // --- The log.
  { name: 'the log is gone', about: 'log', script: 'made; echo x >&2; rm -f out/stderr.log log; true', ends: 'well' },
  { name: 'the log is gone, and it fails', about: 'log', script: 'echo x >&2; rm -f out/stderr.log log; exit 3', ends: /ended with status 3/ },
  { name: 'the log is cut', about: 'log', script: 'echo many words >&2; : >/proc/self/fd/2; echo few >&2; made', ends: 'well' },
  { name: 'the log leads to a secret, and it fails', about: 'log', script: 'rm -f out/stderr.log log; ln -s "$PRECIOUS/secret.txt" out/stderr.log; ln -s "$PRECIOUS/secret.txt" log; exit 3', ends: /ended with status 3/ },
  { name: 'the log is a secret, by a hard link, and it fails', about: 'log', script: 'rm -f out/stderr.log log; ln -f "$PRECIOUS/secret.txt" out/stderr.log; exit 3', ends: /ended with status 3/, spoils: 'the input' },
  { name: 'the log commands the terminal', about: 'log', script: `printf '\\e]0;title\\a\\e[2J\\e]52;c;aGVsbG8=\\a \\xff\\xfe\\n' >&2; exit 3`, ends: /ended with status 3/ },
  { name: 'progress without an end', about: 'log', script: `for n in {1..20000}; do echo '::progress {"text": "\\u001b[2J", "share": 0.5}'; done >&2; echo '::progress {' >&2; made`, ends: 'well' },
  { name: 'a line of 10 MB', about: 'log', script: `head -c 10000000 /dev/zero | tr '\\0' x >&2; exit 3`, ends: /ended with status 3/ },
  { name: 'a million lines', about: 'log', script: 'seq 1000000 >&2; exit 3', ends: /ended with status 3/ },
  { name: 'a log of 600 MB', about: 'log', script: 'truncate -s 600M /proc/self/fd/2 || truncate -s 600M out/stderr.log; exit 3', ends: /ended with status 3/, large: true },
  { name: 'a log of 600 MB, and all is well', about: 'log', script: 'made; truncate -s 600M /proc/self/fd/2 || truncate -s 600M out/stderr.log; true', ends: 'well', large: true },
  // --- Races: a daemon swaps while the runner looks, and ends by itself.
  { name: 'out is swapped while the runner looks', about: 'races', script: `made; ${background('for n in {1..3000}; do mv out aside; ln -s "$0" out; rm out; mv aside out; done')} sleep 0.02`, ends: 'clearly' },
  { name: 'the output is swapped while the runner looks', about: 'races', script: `made; ${background('for n in {1..3000}; do ln -sf "$0/secret.txt" out/l; mv -T out/l out/made.txt; echo made >out/f; mv -T out/f out/made.txt; done')} sleep 0.02`, ends: 'clearly' },
  { name: 'tmp is swapped while the runner looks', about: 'races', script: `made; mkdir -p tmp/{1..200}; ${background('for n in {1..3000}; do mv tmp aside; ln -s "$0" tmp; rm tmp; mv aside tmp; done')} sleep 0.02`, ends: 'clearly' },
  { name: 'the folder of a list is swapped while the runner looks', about: 'races', way: 'list', script: `for n in {1..300}; do echo made >"$OUT/$n.txt"; done; ${background('for n in {1..3000}; do mv out/made aside; ln -s "$0" out/made; rm out/made; mv aside out/made; done')} sleep 0.02`, ends: 'clearly' },
  { name: 'a pipe is replaced', about: 'races', way: 'chain', script: 'mv link/made.txt link/aside; ln -s "$PRECIOUS/secret.txt" link/made.txt; echo made >link/aside', ends: 'clearly' },
  { name: 'the folder of pipes is replaced', about: 'races', way: 'chain', script: 'exec 9>"$OUT"; rm -rf link; ln -s "$PRECIOUS" link; echo made >&9', ends: 'clearly' },
  { name: 'a pipe is never opened', about: 'races', way: 'chain', script: 'rm -f link/made.txt; echo made >link/made.txt', ends: 'clearly' },
  { name: 'a copied pipe is replaced', about: 'races', way: 'teed', script: 'exec 9>"$OUT"; rm -f link/*; ln -s "$PRECIOUS/secret.txt" link/made.txt; echo made >&9', ends: 'clearly' },
  { name: 'the copy of a pipe leads out', about: 'races', way: 'teed', script: 'exec 9>"$OUT"; rm -f out/made.txt; ln -s "$PRECIOUS/secret.txt" out/made.txt; echo made >&9', ends: 'clearly' },
  { name: 'a reader replaces its pipe', about: 'races', way: 'reading', script: 'rm -f in/from.txt; ln -s "$PRECIOUS/secret.txt" in/from.txt; made', ends: 'clearly' },
  { name: 'a reader replaces the folder of its writer', about: 'races', way: 'reading', script: 'cat "$FROM" >/dev/null; d=$(dirname "$(readlink in/from.txt)")/..; mv "$d/out" "$d/aside"; ln -s "$PRECIOUS" "$d/out"; made', ends: 'clearly' },
  { name: 'standard output is the only result, and its file is replaced', about: 'out', way: 'printed', script: 'rm -f out/made.txt; ln -s "$PRECIOUS/secret.txt" out/made.txt; echo made', ends: /output "made" is no regular file/ },
  { name: 'checkpoints lead out', about: 'links', way: 'retry', script: 'ln -s "$PRECIOUS" "$RESUME/a"; ln -s "$PRECIOUS/secret.txt" "$RESUME/b"; made', ends: 'well' },
  { name: 'checkpoints lead out, try after try', about: 'links', way: 'retry', script: 'rm -rf resume; ln -s "$PRECIOUS" resume; exit 75', ends: /ended with status 75/ },
  { name: 'every try leaves a link', about: 'links', way: 'retry', script: 'rm -rf tmp out/stderr.log; ln -s "$PRECIOUS" tmp; ln -s "$PRECIOUS/secret.txt" out/stderr.log; exit 75', ends: /ended with status 75/ },
  { name: 'a branch leaves a link in place of tmp', about: 'links', way: 'branches', script: 'made; rm -rf tmp; ln -s "$PRECIOUS" tmp', ends: 'well' },
  { name: 'a branch leaves a link in place of out', about: 'out', way: 'branches', script: 'made; mv out aside; ln -s "$PRECIOUS" out', ends: /Step attacker/ },
  { name: 'the first of a chain leaves a link in place of tmp', about: 'links', way: 'chain', script: 'made; rm -rf tmp; ln -s "$PRECIOUS" tmp', ends: 'well' },
  { name: 'the first of a chain leaves a link in place of out', about: 'out', way: 'chain', script: 'made; mv out aside; ln -s "$PRECIOUS" out', ends: 'clearly' },
  // --- What its user may do, a step may do.
  { name: 'another entry is written', about: 'rights', script: 'made; for e in "$STORE"/entries/*/*/made.txt; do chmod u+w "$e"; echo other >"$e"; done; true', ends: 'well', spoils: 'the store' },
  { name: 'the journal is emptied', about: 'rights', script: 'made; : >"$STORE/journal.jsonl"; true', ends: 'clearly', spoils: 'the store' },
  { name: 'the claims are removed', about: 'rights', script: 'made; rm -rf "$STORE/claims"; true', ends: 'clearly', spoils: 'the store' },
]
export const attacks: readonly Attack[] = [...replacing, ...instead, ...more]
