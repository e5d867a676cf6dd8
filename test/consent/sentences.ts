/** Every test that judges the model and the server by sentences, in one process: what `npm run mutants` asks first. */
import './model/holder.test.js'
import './model/professional.test.js'
import './model/ground.test.js'
import './model/finer.test.js'
import './model/mask.test.js'
import './unreadable.test.js'
import './family.test.js'
import './right.test.js'
