import t from 'tap'
import { isNarrative } from '../../../src/validation/narrative.js'

const div = (content: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`

t.test('takes the elements and attributes of R4', async t => {
  for (const content of ['x', '<p>x</p>', '<p class="a" id=\'b\'>x<br/><br />y</p>', '<a href="#x">x</a>', '<a href="https://x.org/?a=1&amp;b=2">x</a>',
    '<a href="Patient/1">x</a>', '<a href="mailto:a@x.org" name="n">x</a>', '<img src="#pic" alt="x"/>', '<img src="data:image/png;base64,QUJD" alt=""/>',
    '<table border="1"><tr><td colspan="2" style="text-align: left; color: #fff !important">&lt;x&gt; &nbsp;&#233;&#xE9;</td></tr></table>', '<td title="a > b">x</td>', 'a > b']) {
    t.ok(isNarrative(div(content)), content)
  }
  t.ok(isNarrative(' \n<div xmlns="http://www.w3.org/1999/xhtml" lang="fr">x</div>\n'))
})

t.test('refuses what acts or leads elsewhere', async t => {
  for (const content of ['<script>x</script>', '<SCRIPT>x</SCRIPT>', 'x<script/>', '<p onclick="x">x</p>', '<p ONCLICK="x">x</p>', '<p\nonclick="x">x</p>',
    '<a href="javascript:x">x</a>', '<a href="JaVaScRiPt:x">x</a>', '<a href="java&#115;cript:x">x</a>', '<a href="java&#x73;cript&#58;x">x</a>',
    '<a href=" javascript:x">x</a>', '<a href="java&#9;script:x">x</a>', '<a href="java&Tab;script:x">x</a>', '<a href="javascript&colon;x">x</a>', '<a href="data:text/html,x">x</a>', '<a href="vbscript:x">x</a>',
    '<a href="file:///etc/passwd">x</a>', '<img src="http://x.org/a.png"/>', '<img src="//x.org/a.png"/>', '<img src="a.png"/>', '<img src="data:image/svg+xml;base64,QUJD"/>',
    '<p style="background:url(http://x.org)">x</p>', '<p style="background:u&#114;l(x)">x</p>', '<p style="background:\\75rl(x)">x</p>', '<p style="a:expression(x)">x</p>',
    '<p style="background:u/**/rl(x)">x</p>', '<p style="@import \'x\'">x</p>', '<iframe src="x">x</iframe>', '<object>x</object>', '<embed/>', '<form>x</form>', '<input value="x"/>', '<link href="x"/>',
    '<style>x</style>', '<base href="x"/>', '<meta/>', '<svg>x</svg>', '<math>x</math>', '<video>x</video>', '<p background="x">x</p>', '<p idref="x">x</p>', '<table background="x">x</table>']) {
    t.notOk(isNarrative(div(content)), content)
  }
})

t.test('refuses what is not well-formed XHTML', async t => {
  for (const text of ['', 'x', '<p>x</p>', '<div>x</div>', '<div xmlns="http://x.org">x</div>', `${div('x')}${div('x')}`, `${div('x')}x`, `x${div('x')}`, '<div xmlns="http://www.w3.org/1999/xhtml">x',
    '<div xmlns="http://www.w3.org/1999/xhtml"/>', '<div xmlns="http://www.w3.org/1999/xhtml">x</p>']) t.notOk(isNarrative(text), text)
  for (const content of ['<p>x', 'x</p>', '<p><b>x</p></b>', '<p class=a>x</p>', '<p class>x</p>', '<p class="a" class="b">x</p>', '<p class="a"id="b">x</p>', 'a & b', 'a &amp b', '&#0;x', '&#xD800;x', '&#1;x',
    '<!-- x -->x', '<![CDATA[x]]>', '<?x?>x', '<!DOCTYPE x>x', '< p>x</p>', '<p>x</p', '<p class="<">x</p>', 'x\u0000', '<p/ >x', '<p:p>x</p:p>', '</>', '<>']) {
    t.notOk(isNarrative(div(content)), content)
  }
})

t.test('refuses a narrative with nothing to see', async t => {
  for (const content of ['', ' ', '\n <p />\n', '<p> <b/></p>', '<br/>']) t.notOk(isNarrative(div(content)), content)
})

t.test('takes linear time, and few levels', async t => {
  t.notOk(isNarrative(div('<b>'.repeat(101) + 'x' + '</b>'.repeat(101))))
  for (const content of ['<b>x</b>'.repeat(200_000), '<'.repeat(1_000_000), '<p '.repeat(300_000), '<p' + ' '.repeat(1_000_000) + 'x', '<p class="' + 'a'.repeat(1_000_000), '&amp;'.repeat(200_000),
    '<b>'.repeat(300_000), '<a href="' + 'a'.repeat(1_000_000) + '">x</a>', '<a ' + 'a'.repeat(1_000_000) + '>', '<p style="' + 'u'.repeat(1_000_000) + '">', '<b/>'.repeat(200_000) + '&amp;']) {
    const start = performance.now()
    isNarrative(div(content))
    t.ok(performance.now() - start < 1_000, `${content.slice(0, 9)} ${performance.now() - start} ms`)
  }
})
