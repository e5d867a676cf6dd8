import fc from 'fast-check'
import t from 'tap'
import { prettyJson } from '../../../src/json/pretty.js'

t.test('white space comes between tokens, and every token stays as it was', async t => {
  t.equal(prettyJson('{"a":1.00,"b":[{"c":"{,:}\\u00e9"}],"d":{},"e":[]}'), '{\n  "a": 1.00,\n  "b": [\n    {\n      "c": "{,:}\\u00e9"\n    }\n  ],\n  "d": {},\n  "e": []\n}')
  fc.assert(fc.property(fc.json(), text => {
    const told = prettyJson(text)
    t.strictSame(JSON.parse(told), JSON.parse(text))
  }), { verbose: true })
})

t.test('a text of megabytes is laid out while its reader waits', async t => {
  const text = JSON.stringify(Array.from({ length: 300_000 }, (_, index) => ({ index })))
  t.equal(prettyJson(text).split('\n').length, 900_002)
})
