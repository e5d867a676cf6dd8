import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { exactHead, identifierKey, key, logicalHead, parseKey, sealText, systemKey, tokenKey } from '../../../src/search/key.js'
import { hash, seed } from './fixture.js'

const text = fc.string({ unit: fc.constantFrom('a', 'b', '|', '\\', 'é', '😀', '\n', ' ') })

t.test('a key read back is what it was made of', async t => {
  t.comment(`seed ${seed}`)
  fc.assert(fc.property(fc.array(text, { maxLength: 3 }), parts => {
    assert.deepEqual(parseKey(key('type', ...parts)), { head: 'type', parts })
  }), { seed })
  t.pass()
})

t.test('two different lists of parts have two different keys', async t => {
  fc.assert(fc.property(fc.array(text, { maxLength: 3 }), fc.array(text, { maxLength: 3 }), (one, other) =>
    (key('type', ...one) === key('type', ...other)) === (JSON.stringify(one) === JSON.stringify(other))), { seed })
  t.pass()
})

t.test('the key of a prefix is a prefix of the key', async t => {
  fc.assert(fc.property(text, text, (prefix, rest) => key('name', prefix + rest).startsWith(key('name', prefix))), { seed })
  t.pass()
})

t.test('the forms of a key', async t => {
  t.equal(tokenKey('type', 'http://loinc.org', '1'), 'type|http://loinc.org|1')
  t.equal(tokenKey('type', '', '1'), 'type||1')
  t.equal(systemKey('type', 'a|b'), 'type|a\\|b|')
  t.equal(logicalHead('subject'), 'subject:identifier')
  t.equal(exactHead('name'), 'name:exact')
  t.equal(identifierKey('urn:x', '1', null), 'identifier|urn:x|1')
  t.equal(identifierKey('urn:x', '1', hash), `identifier|urn:x|${hash('identifier|1')}`)
})

t.test('the same text under two parameters has two hashes', async t => {
  t.not(sealText(hash, 'family', 'martin'), sealText(hash, 'given', 'martin'))
  t.equal(sealText(null, 'family', 'martin'), 'martin')
})
