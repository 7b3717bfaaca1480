import type { Command } from 'commander'
import type { CompareOptions } from '../bench/compare.ts'
import type { GateOptions } from '../bench/gate.ts'
import type { HistoryOptions } from '../bench/history.ts'
import type { ComparisonsOptions } from '../bench/list.ts'
import type { BenchOptions } from '../bench/run.ts'
import type { ShowRecordOptions } from '../bench/show.ts'
import type { SideOptions } from '../bench/side.ts'
import type { SignOptions } from '../bench/sign.ts'
import type { TableOptions } from '../bench/table.ts'
import type { VerifyRecordsOptions } from '../bench/verify.ts'

const ofStore = [
  '--store <dir>',
  'the store, which holds datasets and what was measured so far; also TRIREME_STORE (default .trireme)',
] as const

export function register(program: Command): void {
  const bench = program
    .command('bench')
    .description('measure what ways and places to do the same work take, and keep records that prove themselves')
    .addHelpText('after', '\nHelp on one of them: trireme help bench VERB. What a comparison is: docs/reference/comparisons.md.')
  bench
    .command('list')
    .description('list comparisons: those of the project, and those of the package')
    .option('--json', 'print JSON')
    .action(async (options: ComparisonsOptions) => (await import('../bench/list.ts')).listComparisons(options))
  bench
    .command('run <comparisons...>')
    .description('run comparisons, and write a record of each')
    .option('--on <environments>', "where pipelines run, in place of the comparison's own: names with commas between them")
    .option('--runs <n>', 'rounds, in place of the stopping rule')
    .option('--quick', 'three rounds: to see that everything works')
    .option('--seed <n>', 'the order of runs is drawn from it (default: drawn anew, and kept in the record)')
    .option('--limit <time>', 'begin no round that would end later than this, such as 8m or 2h; the first is run whole')
    .option('--record <file>', 'write the record there, for "trireme bench import" elsewhere')
    .option('--no-install', 'fail where a tool is missing that a dataset is made with, instead of installing it')
    .option('--scratch <dir>', 'write records there, and keep none: for code that is in no commit')
    .option('--sign <key>', 'sign records with a key of SSH, as "trireme bench sign" does')
    .option(...ofStore)
    .addHelpText(
      'after',
      `
A record is kept in benchmarks/results/MACHINE, and only of a commit: of code that is on a branch, with nothing changed since.
What was measured survives an interruption: the same command goes on.`,
    )
    .action(async (names: readonly string[], options: BenchOptions) => (await import('../bench/run.ts')).runComparisons(names, options))
  bench
    .command('show <record>')
    .description('show what a record says, or the latest of a comparison: figures, claims, warnings')
    .option('--json', 'print JSON')
    .action(async (record: string, options: ShowRecordOptions) => (await import('../bench/show.ts')).showRecord(record, options))
  bench
    .command('compare <a> <b>')
    .description('compare two records of one comparison; refused where they are not of the same work')
    .option('--json', 'print JSON')
    .action(async (a: string, b: string, options: CompareOptions) => (await import('../bench/compare.ts')).compareRecords(a, b, options))
  bench
    .command('verify [records...]')
    .description('compute every figure of records again from their runs: files, or names of comparisons (default: all that are kept)')
    .option('--signers <file>', 'demand a signature by one of these (an "allowed signers" file of ssh-keygen)')
    .action(async (records: readonly string[], options: VerifyRecordsOptions) =>
      (await import('../bench/verify.ts')).verifyRecords(records, options),
    )
  bench
    .command('import <files...>')
    .description('take in records that were made elsewhere: each that proves itself')
    .action(async (files: readonly string[]) => (await import('../bench/import.ts')).importRecords(files))
  bench
    .command('sign <record>')
    .description('sign a record with a key of SSH, so that a deliberate change is found too')
    .requiredOption('--key <file>', 'the private key, or the public one of a key that ssh-agent holds')
    .action(async (record: string, options: SignOptions) => (await import('../bench/sign.ts')).signRecord(record, options))
  bench
    .command('gate <base> <head> [name]')
    .description('run a comparison by two commits in turn on this machine, and fail where the later one is slower: for CI')
    .option('--comparison <name>', 'the comparison (default: the only one there is)')
    .option('--arm <name>', 'the arm that both commits run (default: the first)')
    .option('--runs <n>', 'rounds at most, those that confirm an alarm among them (default 30, at least 18)')
    .option('--least <percent>', 'the smallest slow-down that is worth an alarm (default 3)')
    .option('--quick', 'the work of a quick run')
    .option('--seed <n>', 'the order of runs is drawn from it (default: drawn anew)')
    .option(...ofStore)
    .addHelpText(
      'after',
      `
Each commit is checked out and built in a folder of its own, with "npm run build". An alarm is a slow-down in wall or CPU time that fresh rounds confirm: then the
exit status is 1. Where GITHUB_STEP_SUMMARY is set, the table goes there too.`,
    )
    .action(async (base: string, head: string, name: string | undefined, options: GateOptions) =>
      (await import('../bench/gate.ts')).gateCommits(base, head, name, options),
    )
  bench
    .command('side <name>', { hidden: true })
    .description('run an arm whenever a gate, which starts this, asks for it')
    .option('--arm <name>', 'the arm')
    .option('--quick', 'the work of a quick run')
    .requiredOption('--scratch <dir>', 'for what the runs leave')
    .requiredOption(...ofStore)
    .action(async (name: string, options: SideOptions) => (await import('../bench/side.ts')).serveSide(name, options))
  bench
    .command('history <name>')
    .description('show how the figures of a comparison moved from record to record')
    .action(async (name: string, options: HistoryOptions) => (await import('../bench/history.ts')).showHistory(name, options))
  bench
    .command('table [records...]')
    .description(
      'print the figures of records, or of all records of comparisons, as tables in Markdown or CSV (default: all that are kept)',
    )
    .option('--csv', 'print CSV')
    .action(async (names: readonly string[], options: TableOptions) => (await import('../bench/table.ts')).printTable(names, options))
}
