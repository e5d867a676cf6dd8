import t from 'tap'

// Before anything asks for the time.
process.env['TZ'] = 'America/Los_Angeles'
const { compare } = await import('./differential.js')
await compare(t)
