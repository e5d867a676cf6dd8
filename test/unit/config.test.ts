/** What the environment says of notifications: whole, or the server does not start. */
import t from 'tap'
import { readConfig } from '../../src/config.js'

const read = (env: Readonly<{ [name: string]: string }>) => readConfig({ MONGODB_URL: 'mongodb://x', ...env }).notifications
const secret = 'x'.repeat(32)

t.test('without a word holders are told in their records, and by no other way', async t => {
  t.strictSame(read({}), { isOn: true, announceDays: 14, mailMinutes: 60 })
  t.match(read({ NOTIFICATIONS: 'none', ANNOUNCE_DAYS: '7', MAIL_MINUTES: '5' }), { isOn: false, announceDays: 7, mailMinutes: 5 })
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
