import asyncHooks from 'node:async_hooks'
import module, { syncBuiltinESMExports } from 'node:module'

// Loaded before tap in each process of npm test. tap follows every promise, so that an error thrown outside of any test
// is told as of the one that began it; it reads every module in a second thread, for coverage; and it looks each place of
// the code up in a source map. That is two fifths of the time of a test here, which is one file of asynchronous code with
// neither coverage nor maps. An error that nobody catches still ends its process, and the file is not ok.

const hook = { enable: () => hook, disable: () => hook }
asyncHooks.createHook = () => hook
module.register = () => undefined
syncBuiltinESMExports()
process.setSourceMapsEnabled(false)
