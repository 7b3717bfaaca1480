/**
 * What `trireme COMMAND --help` shows at its end, by command. cli/examples.test.ts runs all of them in one new project, in this order, but for
 * those of `elsewhere`, which it parses.
 */
export const examples: Readonly<Record<string, readonly string[]>> = {
  init: ['trireme init heart', 'trireme init lung --benchmark'],
  new: ['trireme new step seqkit/stats', 'trireme new pipeline heart-atlas'],
  list: ['trireme list --steps', 'trireme list --environments'],
  show: ['trireme show variant-calling', 'trireme show samtools/sort', 'trireme show onprem-argo'],
  doctor: ['trireme doctor simulate-reads'],
  plan: ['trireme plan simulate-reads --profile test'],
  run: ['trireme run simulate-reads --profile test', 'trireme run simulate-reads --profile test --out reads --cpu 2 --memory 4GiB'],
  compile: ['trireme compile variant-calling --profile test --on onprem-argo -o manifests'],
  runs: ['trireme runs --last 5'],
  logs: ['trireme logs last', 'trireme logs last haplotype-mutate:mutant'],
  why: ['trireme why simulate-reads haplotype-mutate:mutant --profile test --seed 7'],
  verify: ['trireme verify'],
  clean: ['trireme clean --keep-last 3 --dry-run', 'trireme clean --older-than 30d'],
  bench: ['trireme bench list', 'trireme bench run idr-speedup', 'trireme bench table'],
  'bench list': ['trireme bench list', 'trireme bench list --json'],
  'bench run': ['trireme bench run idr-speedup', 'trireme bench run short-steps --quick --scratch records'],
  'bench show': ['trireme bench show benchmarks/results/MACHINE/RECORD.json'],
  'bench compare': ['trireme bench compare OURS.json THEIRS.json'],
  'bench verify': ['trireme bench verify', 'trireme bench verify RECORD.json --signers signers'],
  'bench sign': ['trireme bench sign RECORD.json --key ~/.ssh/id_ed25519'],
  'bench import': ['trireme bench import RECORD.json'],
  'bench gate': ['trireme bench gate main HEAD short-steps', 'trireme bench gate v1.2.0 HEAD --comparison short-steps --least 5'],
  'bench side': ['trireme bench side short-steps --scratch DIR --store .trireme'],
  'bench history': ['trireme bench history short-steps'],
  'bench table': ['trireme bench table', 'trireme bench table idr-speedup --csv'],
  bundle: ['trireme bundle idr-speedup -o idr-speedup.tar', 'trireme bundle idr-speedup -o idr-speedup.tar --node node-for-arm64'],
  'cluster-setup': ['trireme cluster-setup --on onprem-argo'],
  add: ['trireme add samtools/sort'],
  diff: ['trireme diff samtools/sort'],
  upgrade: ['trireme upgrade'],
  completion: ['trireme completion bash'],
  attach: ['trireme attach last'],
  fetch: ['trireme fetch idr0042 --out idr0042'],
  images: ['trireme images reads variants reports --on workstation-containers'],
}
/** They need a cluster, an engine of containers, somebody's archive, or a while. */
export const elsewhere: ReadonlySet<string> = new Set(['attach', 'bench', 'bundle', 'fetch', 'images'])
export const examplesText = (lines: readonly string[]): string =>
  `\nExample${lines.length === 1 ? '' : 's'}:\n${lines.map(line => `  $ ${line}`).join('\n')}`
