/** What stands in the place of a secret. */
export const hidden = '***'

/** Every form in which a value that this process holds may be met in a text. */
const held = new Set<string>()
/**
 * Notes values that nobody may be told: keys, passwords, tokens that this process was given. Whoever reads one calls this. A word of fewer than
 * eight letters is no secret that could be kept: messages would lose their words.
 */
export function keepSecret(...values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value !== 'string' || value.trim().length < 8) continue
    const secret = value.trim()
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')])
      held.add(form)
  }
}
/** Whether a name of a variable or a setting says that its value is a secret. */
const saysSecret = /(^|[-_.])(secret|token|password|passwd|passphrase|credentials?|api[-_]?key|(access|private|secret)[-_.]?key)$/i
/** Notes those of some named values whose names say that they are secrets, and passwords in addresses: of variables, of a provider's settings. */
export const keepSecretsOf = (named: Readonly<Record<string, unknown>>): void =>
  keepSecret(...Object.entries(named).flatMap(([name, value]) => [...(saysSecret.test(name) ? [value] : []), passwordIn(String(value))]))
/** The password of an address, such as a proxy's, as it is before it is encoded there. */
function passwordIn(address: string): string | undefined {
  const whole = address.includes('://') ? address : `http://${address}`
  try {
    return address.includes('@') ? decodeURIComponent(new URL(whole).password) : undefined
  } catch {
    return undefined // no address
  }
}
keepSecretsOf(process.env)

/** The user and password of an address: `https://ada:secret@host`, also where the password was not encoded and holds a slash. After a colon, digits alone are a port. */
const userinfo = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)(?:[^\s/?#@"'<>]+|[^\s/?#@"'<>:[]*:(?!\d+(?:[/?#]|$))[^\s@"'<>]+)@/gi
const words = '[a-z]{0,20}(?:signature|token|secret|password|passwd|credential|apikey)'
/** What signs a query, or is a password in it: `?X-Amz-Signature=…`. */
const query = new RegExp(String.raw`((?:[?&]|&amp;)(?:[\w.-]{0,60}[-_.])?(?:${words}|sig|pwd|key|auth|jwt|code)=)[^\s&;"'<>#]+`, 'gi')
/** Words such as `--oidc-client-secret=…`. Not `--key=…`, which sorts. */
const option = new RegExp(String.raw`(--(?:[\w.-]{0,60}[-_.])?${words}=)[^\s"'<>]+`, 'gi')
const authorization = /(\bauthorization["']?[:=]\s*["']?\w+\s+|\bbearer\s+(?=[\w.~+/=-]{16}))[\w.~+/=-]+/gi

/**
 * A text without secrets, for whatever is told or written down: without the values that this process holds, and without what addresses carry.
 * Called where messages, events and records are made, and where the command line writes; nobody else needs to think of it.
 */
export function withoutSecrets(text: string): string {
  let clean = text
  for (const secret of held) if (clean.includes(secret)) clean = clean.replaceAll(secret, hidden)
  if (clean.includes('://')) clean = clean.replace(userinfo, `$1${hidden}@`)
  if (clean.includes('=')) clean = clean.replace(query, `$1${hidden}`).replace(option, `$1${hidden}`)
  return /authorization|bearer/i.test(clean) ? clean.replace(authorization, `$1${hidden}`) : clean
}
const isDigest = /^[0-9a-f]{64}$/
/** A value of plain data, all its texts without secrets. A digest stays exact, though a short secret may stand in it by chance. */
export function redacted<T>(value: T): T {
  if (typeof value === 'string') return (isDigest.test(value) && !held.has(value) ? value : withoutSecrets(value)) as T & string
  if (Array.isArray(value)) return value.map(redacted) as T & unknown[]
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redacted(each)])) as T & object
}
