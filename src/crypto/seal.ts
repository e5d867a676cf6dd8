/**
 * Sealing of what is kept: AES-256-GCM, a random nonce for each sealing, bound to the place it is kept at.
 * A sealed text that is moved to another patient, resource, version or chunk does not open.
 * Layout: nonce (12 bytes), tag (16), ciphertext.
 */
import { createCipheriv, createDecipheriv, hash, hkdfSync, randomFillSync } from 'node:crypto'

const NONCE = 12
const TAG = 16
/** What a seal adds to what it holds. */
export const SEAL = NONCE + TAG

/** Random bytes for nonces, drawn many at a time; each is given out once, and copied before the next ones are drawn. */
const drawn = Buffer.alloc(NONCE * 512)
let given = drawn.length

function newNonce (): Buffer {
  if (given === drawn.length) {
    randomFillSync(drawn)
    given = 0
  }
  given += NONCE
  return drawn.subarray(given - NONCE, given)
}

/** @param key 32 bytes @param place what the seal is bound to */
export function seal (key: Buffer, place: string, plain: Uint8Array): Buffer {
  const nonce = newNonce()
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(place))
  const text = cipher.update(plain)
  cipher.final()
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** @throws Error when the key, the place or a byte is not the one of the sealing */
export function open (key: Buffer, place: string, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE))
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG))
  const plain = decipher.update(sealed.subarray(NONCE + TAG))
  // The check of the tag; GCM is a stream, nothing of the text is left to come.
  decipher.final()
  return plain
}

/** A key of 32 bytes for one purpose, derived from a master key (HKDF-SHA256). */
export function deriveKey (master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', purpose, 32))
}

/**
 * The keyed hash by which a sealed identifier or string is found: 96 bits, base64url. SHA-512/256 over key and text: its
 * state is not in its output, so a key in front is a sound keyed hash, several times faster than HMAC on short texts.
 */
export function keyedHash (key: Buffer): (text: string) => string {
  const secret = key.toString('base64')
  return text => Buffer.from(hash('sha512-256', secret + text, 'hex').slice(0, 24), 'hex').toString('base64url')
}
