import t from 'tap'

// Before anything asks for the time.
process.env['TZ'] = 'Pacific/Auckland'
const { compare } = await import('./differential.js')
await compare(t)
