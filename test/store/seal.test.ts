/** A seal opens where it was made, whole, and nowhere else (security.md G2); and the same of pages. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { createKeyring } from '../../src/crypto/keyring.js'
import { deriveKey, keyedHash, open, seal } from '../../src/crypto/seal.js'

const key = randomBytes(32)

t.test('what is sealed opens as it was, empty or long', async t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), fc.string(), (plain, place) => {
    t.ok(open(key, place, seal(key, place, plain)).equals(Buffer.from(plain)))
  }), { numRuns: 50 })
})

t.test('G2 it does not open with one bit changed, wherever', async t => {
  const sealed = seal(key, 'place', Buffer.from('plain text'))
  for (let index = 0; index < sealed.length * 8; index += 1) {
    const broken = Buffer.from(sealed)
    broken[index >> 3] = (broken[index >> 3] ?? 0) ^ (1 << (index & 7))
    t.throws(() => open(key, 'place', broken), `bit ${index}`)
  }
})

t.test('G2 it does not open cut, prolonged or emptied', async t => {
  const sealed = seal(key, 'place', Buffer.from('plain text'))
  for (let length = 0; length < sealed.length; length += 1) t.throws(() => open(key, 'place', sealed.subarray(0, length)), `${length} bytes of it`)
  t.throws(() => open(key, 'place', Buffer.concat([sealed, Buffer.from([0])])))
  t.throws(() => open(key, 'place', sealed.subarray(1)))
})

t.test('G2 it does not open at another place or with another key', async t => {
  const sealed = seal(key, 'patient|DocumentReference/1|v1', Buffer.from('plain text'))
  for (const place of ['', 'patient|DocumentReference/1|v2', 'patient|DocumentReference/2|v1', 'other|DocumentReference/1|v1', 'patient|DocumentReference/1|v1 ']) t.throws(() => open(key, place, sealed), place)
  t.throws(() => open(randomBytes(32), 'patient|DocumentReference/1|v1', sealed))
})

t.test('G3 two sealings of one text share nothing', async t => {
  const seals = Array.from({ length: 1000 }, () => seal(key, 'place', Buffer.from('plain text')).toString('hex'))
  t.equal(new Set(seals.map(text => text.slice(0, 24))).size, 1000, 'a nonce is used once')
  t.equal(new Set(seals.map(text => text.slice(56))).size, 1000)
})

t.test('keys of different purposes have nothing in common, and are always the same', async t => {
  const keys = ['wrap', 'common', 'page', 'index'].map(purpose => deriveKey(key, purpose).toString('hex'))
  t.equal(new Set([...keys, key.toString('hex')]).size, 5)
  t.equal(deriveKey(key, 'wrap').toString('hex'), keys[0])
  const hash = keyedHash(deriveKey(key, 'index'))
  t.equal(hash('a'), hash('a'))
  t.not(hash('a'), keyedHash(deriveKey(randomBytes(32), 'index'))('a'))
  t.equal(new Set(Array.from({ length: 5000 }, (_, index) => hash(`ins|${index}`))).size, 5000)
  t.match(hash('x'), /^[\w-]{16}$/)
})

t.test('G4 the keys of a record open with their master key and at their patient alone', async t => {
  const master = randomBytes(32)
  const none = { load: async () => undefined }
  const { wrapped, keys } = createKeyring(master, none).create('p')
  const ring = (secret: Buffer) => createKeyring(secret, { load: async () => wrapped })
  t.same(await ring(master).of('p'), keys)
  t.not(keys.record.toString('hex'), keys.trace.toString('hex'))
  await t.rejects(ring(master).of('q'), 'the keys of another patient')
  await t.rejects(ring(randomBytes(32)).of('p'), 'another master key')
  await t.rejects(createKeyring(master, { load: async () => ({ record: wrapped.trace, trace: wrapped.record }) }).of('p'), 'swapped')
  t.equal(await createKeyring(master, none).of('p'), undefined, 'destroyed: there is none')
  t.throws(() => createKeyring(randomBytes(16), none))
})
