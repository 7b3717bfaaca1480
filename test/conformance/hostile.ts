// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what must not be a template

/** What has bitten somebody: shells, templates of Argo and Kubernetes, YAML, JSON, terminals, file systems, encodings. */
// biome-ignore format: one on each line would be long
const atoms: readonly string[] = [
  '', ' ', '\t', '\n', '\r\n', ' a b ', "'", '"', '`', '\\', "it's", "'\\''", '$', '$$', '$$$', '$(', '${', '{{', '}}', '{{{', '-', '-n',
  '--', '-e', '--help', '$(touch trireme-canary-1)', '`touch trireme-canary-2`', '; touch trireme-canary-3', '| touch trireme-canary-4',
  '&& touch trireme-canary-5', '\ntouch trireme-canary-6\n', "'; touch trireme-canary-7; '", '"; touch trireme-canary-8; "',
  '<(touch trireme-canary-9)', '$(touch /tmp/trireme-canary-10)', '> trireme-canary-11', '& touch trireme-canary-12 &',
  "$'\\ntouch trireme-canary-13'", '${x:-$(touch trireme-canary-14)}', 'a[$(touch trireme-canary-15)]',
  '$((a[$(touch trireme-canary-16)]))', '() { :;}; touch trireme-canary-17', '$HOME', '${HOME}', '$PATH', '${1}', '$@', '$*', '$?', '$!',
  '!!', '!touch', '~', '~root', '*', '?', '[a-z]', '{a,b}', '{1..3}', '**', '\\n', '\\0', '\\x41', '%s', '%n', '%d%%', '%00', '\\u0000',
  '\\c', '{{workflow.name}}', '{{ workflow.name }}', '{{inputs.parameters.p}}', '{{inputs.parameters.nope}}', '{{=1+1}}', '{{=',
  '{{item}}', '{{item.k0}}', '{{tasks.x.outputs.result}}', '{{pod.name}}', '{{retries}}', '{{= sprig.env("HOME") }}', '$(ARGO_POD_NAME)',
  '$(ARGO_WORKFLOW_NAME)', '$(TRIREME_ATTEMPT)', '$(O)', '$$(HOME)', '{{', 'null', 'true', 'no', '~', '007', '1e3', '0x1F', '1_000',
  '.inf', '2026-01-01', ': ', '- x', '# no comment', 'a #b', '*alias', '&anchor', '!tag', '|', '>-', '%YAML', '---', '...', '? x', '@x',
  "''", '""', '[', ']', '{', '}', ',', '=', '<<', '<<EOF\nx\nEOF', '{"a":1}', '["a"]', '"\\ud83d"', '</script>', '<!--', '&amp;',
  '\u2028', '\u2029', '\u0085', '\ufeff', '\u00a0', '\u0001', '\u0007', '\b', '\f', '\v', '\u001b[31mred\u001b[0m', '\u007f', '\u001f',
  'é', 'e\u0301', 'ß', 'İ', '🧬', '👩‍🔬', '日本語', 'עברית', '\u202egnp.exe', '\ue000', '\uffff', '\u{10ffff}', '\u{1f1e9}\u{1f1ea}',
  'a\u0300\u0301\u0302', '..', '.', '/', '../..', '/etc/passwd', '../../etc/passwd', 'C:\\con', 'a/b', 'a//b', '.hidden', 'record.json',
  'stderr.log', '-rf /', '--output=/etc/passwd', 's3://bucket/key', 'https://example.org/?a=b&c=%20', 'gi|9626243|ref|NC_001416.1|',
  'HLA-A*01:01:01:01', 'x'.repeat(200), ' '.repeat(50), '\\'.repeat(31), "'".repeat(21), 'a\nb\n\n', '\n\n\n', 'end\\', 'tab\tand\\ttab',
]
/** Atoms, and then one beside another, until there are 500; always the same ones. */
export const hostile: readonly string[] = [
  ...new Set([...atoms, ...atoms.flatMap((atom, n) => [17, 61, 97].map(far => atom + atoms[(n + far) % atoms.length]!))]),
].slice(0, 500)

/** 500 of them as names of files, but for what no file system takes: slashes, and more than 255 bytes with an ending. */
export const hostileNames: readonly string[] = [
  ...new Set([...hostile, ...hostile.map(each => `${each}~${each}`)].map(each => cut(each.replaceAll('/', '∕')))),
].slice(0, 500)
function cut(name: string): string {
  let short = name
  while (Buffer.byteLength(short) > 240) short = [...short].slice(0, -1).join('')
  return short
}
