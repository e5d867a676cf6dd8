import { createTransport } from 'nodemailer'

/** Every mail is the same but for its address: who reads it, reads nothing of a record. */
const SUBJECT = 'Votre espace santé : une activité a eu lieu'
const TEXT = 'Bonjour,\n\nUne activité a eu lieu dans votre espace santé. Connectez-vous pour en savoir plus : ce message ne dit rien de plus, et n’attend pas de réponse.\n'
const TIME = 20_000

/**
 * @param url of the SMTP server, with its user where there is one
 * @param from the sender's address
 * @returns what sends one mail; its Message-ID is made of the notification, so that a second one of the same is known for it
 */
export function createMail (url: string, from: string): (to: string, id: string) => Promise<void> {
  const { protocol, hostname, port, username, password } = new URL(url)
  const transport = createTransport({
    host: hostname,
    port: port === '' ? (protocol === 'smtps:' ? 465 : 587) : Number(port),
    secure: protocol === 'smtps:',
    ...username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } },
    connectionTimeout: TIME,
    greetingTimeout: TIME,
    socketTimeout: TIME,
    disableFileAccess: true,
    disableUrlAccess: true
  })
  const domain = from.split('@')[1] ?? 'localhost'
  return async (to, id) => {
    await transport.sendMail({ from, to: { name: '', address: to }, subject: SUBJECT, text: TEXT, messageId: `<${id}@${domain}>`, headers: { 'Auto-Submitted': 'auto-generated' } })
  }
}
