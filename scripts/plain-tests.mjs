import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

// Loaded before tap in each process of npm test. tap follows every promise, so that an error thrown outside of any test
// is told as of the one that began it: a quarter of the time of a test here, which is one file of asynchronous code. An
// error that nobody catches still ends its process, and the file is not ok.

const hook = { enable: () => hook, disable: () => hook }
asyncHooks.createHook = () => hook
syncBuiltinESMExports()
