/** What the environment says of notifications: whole, or the server does not start. */
import t from 'tap'
import { readConfig } from '../../src/config.js'

const read = (env: Readonly<{ [name: string]: string }>) => readConfig({ MONGODB_URL: 'mongodb://x', ...env }).notifications
const secret = 'x'.repeat(32)

t.test('without a word holders are told in their records, and by no other way', async t => {
  t.strictSame(read({}), { isOn: true, announceDays: 14, mailMinutes: 60 })
  t.match(read({ NOTIFICATIONS: 'none', ANNOUNCE_DAYS: '7', MAIL_MINUTES: '5' }), { isOn: false, announceDays: 7, mailMinutes: 5 })
})

t.test('subscriptions are bounded, tell ids alone, and have no websockets, unless it is said', async t => {
  const subscriptions = (env: Readonly<Record<string, string>>) => readConfig({ MONGODB_URL: 'mongodb://a', ...env }).subscriptions
  t.strictSame(subscriptions({}), { most: 20, days: 30, payload: 'ids' })
  t.strictSame(subscriptions({ HOST: '10.0.0.1', WEBSOCKET_PORT: '8081', SUBSCRIPTION_PAYLOAD: 'resources', SUBSCRIPTION_DAYS: '7', MAX_SUBSCRIPTIONS: '3' }),
    { most: 3, days: 7, payload: 'resources', socket: { port: 8081, url: 'ws://10.0.0.1:8081/ws', most: 1000 } })
  t.match(subscriptions({ WEBSOCKET_PORT: '8081', WEBSOCKET_URL: 'wss://fhir.example.org/ws', MAX_WEBSOCKETS: '5' }), { socket: { url: 'wss://fhir.example.org/ws', most: 5 } })
  for (const [env, message] of [
    [{ SUBSCRIPTION_PAYLOAD: 'everything' }, /SUBSCRIPTION_PAYLOAD/],
    [{ SUBSCRIPTION_DAYS: '0' }, /SUBSCRIPTION_DAYS/],
    [{ WEBSOCKET_PORT: 'x' }, /WEBSOCKET_/],
    [{ WEBSOCKET_PORT: '70000' }, /WEBSOCKET_PORT/],
    [{ WEBSOCKET_PORT: '8081', WEBSOCKET_URL: 'https://fhir.example.org/ws' }, /WEBSOCKET_URL/],
    [{ WEBSOCKET_PORT: '8081', MAX_WEBSOCKETS: '0' }, /MAX_WEBSOCKETS/]
  ] as const) t.throws(() => subscriptions(env), { message })
})

t.test('mails and webhooks need all that they stand on', async t => {
  t.match(read({ SMTP_URL: 'smtps://user:secret@mail.example.org', MAIL_FROM: 'a@example.org' }), { mail: { url: 'smtps://user:secret@mail.example.org', from: 'a@example.org' } })
  t.strictSame(read({ WEBHOOK_ORIGINS: 'https://a.example, https://b.example:8443', WEBHOOK_SECRET: secret }).webhook, { origins: ['https://a.example', 'https://b.example:8443'], secret, isPrivateAllowed: false })
  t.match(read({ WEBHOOK_ORIGINS: 'http://127.0.0.1:9', WEBHOOK_SECRET: secret, WEBHOOK_PRIVATE: 'allow' }), { webhook: { isPrivateAllowed: true } })
  for (const [env, message] of [
    [{ SMTP_URL: 'smtp://mail.example.org' }, /MAIL_FROM/],
    [{ SMTP_URL: 'http://mail.example.org', MAIL_FROM: 'a@example.org' }, /SMTP_URL/],
    [{ WEBHOOK_ORIGINS: 'https://a.example' }, /WEBHOOK_SECRET/],
    [{ WEBHOOK_ORIGINS: 'https://a.example', WEBHOOK_SECRET: 'short' }, /WEBHOOK_SECRET/],
    [{ WEBHOOK_ORIGINS: 'https://a.example/path', WEBHOOK_SECRET: secret }, /WEBHOOK_ORIGINS/],
    [{ WEBHOOK_ORIGINS: 'a.example', WEBHOOK_SECRET: secret }, /WEBHOOK_ORIGINS/],
    [{ WEBHOOK_ORIGINS: 'ftp://a.example', WEBHOOK_SECRET: secret }, /WEBHOOK_ORIGINS/],
    [{ ANNOUNCE_DAYS: 'soon' }, /ANNOUNCE_DAYS/],
    [{ WITHHELD_MONTHS: '0' }, /WITHHELD_MONTHS is from 1/],
    [{ WITHHELD_MONTHS: '121' }, /WITHHELD_MONTHS/]
  ] as const) t.throws(() => read(env), { message })
})
